// Answers on their way: each waits a moment in which it can be taken back, then is sent once. Pure.

/** How long an answer can be taken back, in milliseconds. */
export const GRACE = 5_000;

/** A new entry at the end. An answer to the same question that has not been sent takes its place. */
export function add(outbox, entry, now) {
  const others = outbox.filter((other) => other.key !== entry.key || other.state === "sending");
  return [...others, { ...entry, state: "waiting", due: now + GRACE, error: null }];
}

/** Without an entry that has not been sent. */
export function undo(outbox, key) {
  return outbox.filter((entry) => entry.key !== key || entry.state === "sending");
}

/** The entries whose moment has come. */
export function due(outbox, now) {
  return outbox.filter((entry) => entry.state === "waiting" && entry.due <= now);
}

/** The entry with other members. */
export function set(outbox, key, members) {
  return outbox.map((entry) => (entry.key === key ? { ...entry, ...members } : entry));
}

/** Without an entry. */
export function drop(outbox, key) {
  return outbox.filter((entry) => entry.key !== key);
}

/** Whether the entry holds an answer to all that a queue's item asks, so that the item is as good as gone. */
export function settles(outbox, item) {
  const questions = item.attention?.questions ?? [];
  const open = questions.map((question, at) => ({ question, at })).filter(({ question }) => question.answer === null);
  const wanted = open.length > 0 ? open.map(({ at }) => keyOf(item, at)) : [keyOf(item, 0)];
  return wanted.every((key) => outbox.some((entry) => entry.key === key && entry.state !== "failed"));
}

/** Names one question of one unit at one time. */
export function keyOf(item, at) {
  return `${item.id}/${item.attention?.since ?? ""}/${at}`;
}
