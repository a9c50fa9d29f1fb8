// Answers on their way: each is sent at once, and can be taken back for a while from here. Pure.

/** How long an answer is kept from its agent, so that there is time to take it back, in milliseconds. */
export const GRACE = 5_000;

/** A new entry at the end, on its way. An older one to the same question gives way. */
export function add(outbox, entry) {
  return [...drop(outbox, entry.key), { ...entry, state: "sending", due: null, error: null }];
}

/** The entry was taken by the daemon: it can be taken back until `due`. */
export function sent(outbox, key, now) {
  return set(outbox, key, { state: "sent", due: now + GRACE, error: null });
}

/** Without those that were sent long enough ago. */
export function settled(outbox, now) {
  return outbox.filter((entry) => entry.state !== "sent" || entry.due > now);
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
