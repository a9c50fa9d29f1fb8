// What a key press means. Pure.

/** The key's name with what is held: `j`, `shift+g`, `ctrl+enter`; none while text is typed, unless it holds ctrl or is escape. */
export function name(event) {
  const typed = isText(event.target) && !event.ctrlKey && !event.metaKey && event.key !== "Escape";
  if (typed || event.altKey || event.isComposing) return null;
  const held = event.ctrlKey || event.metaKey ? "ctrl+" : "";
  return held + (event.key.length === 1 ? event.key : event.key.toLowerCase());
}

/** Whether keys typed there are text. */
export function isText(element) {
  if (!element || !element.tagName) return false;
  if (element.isContentEditable) return true;
  if (element.tagName === "INPUT") return !["checkbox", "radio", "button", "range"].includes(element.type);
  return element.tagName === "TEXTAREA" || element.tagName === "SELECT";
}

/** Whether enter on it does something of its own. */
export function isActive(element) {
  return Boolean(element?.closest?.("a[href], button, summary, input, select, textarea"));
}
