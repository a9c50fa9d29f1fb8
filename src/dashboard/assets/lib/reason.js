// Reasons: often one line, sometimes the output of a whole build. Pure.

/** The first line, and the rest where there is one. */
export function parts(reason) {
  const text = (reason ?? "").trim();
  const at = text.indexOf("\n");
  return at < 0 ? { head: text, rest: null } : { head: text.slice(0, at).trim(), rest: text.slice(at + 1) };
}

/** One line for lists: the first one, and the last one, for the end of an output says what went wrong. */
export function brief(reason) {
  const { head, rest } = parts(reason);
  const last = rest?.trimEnd().split("\n").pop().trim();
  return last ? `${head} … ${last}` : head;
}
