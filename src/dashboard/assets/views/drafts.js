// What is being typed, kept in the tab's own storage: no update, reconnect or reload takes it away.

const PREFIX = "ve.draft.";

/** The draft of this name. */
export function draft(name) {
  return sessionStorage.getItem(PREFIX + name) ?? "";
}

/** Keeps a draft; an empty one is forgotten. */
export function keep(name, text) {
  if (text === "") sessionStorage.removeItem(PREFIX + name);
  else sessionStorage.setItem(PREFIX + name, text);
}
