// What there is one of: the store, the feed, what is asked for, and answers on their way.

import { EMPTY, reduce } from "./model/state.js";
import * as outbox from "./model/outbox.js";
import { create } from "./model/store.js";
import { Refused, of, send, signedOut } from "./net/api.js";
import { Feed } from "./net/feed.js";
import { Refresher } from "./net/refresh.js";
import { exchange } from "./net/session.js";

/** All that is known. */
export const store = create(reduce, EMPTY);
/** Asks for what changed. */
export const refresher = new Refresher(store, (error) => toast(error.words ?? String(error), "error"));

const feed = new Feed({
  store,
  onChange: (update) => refresher.changed(update),
  onResume: () => refresher.all(),
});

signedOut.addEventListener("401", () => store.dispatch({ type: "link", link: { state: "signed out", retryAt: null } }));

/** Begins to follow the daemon. */
export function connect() {
  feed.now();
}

/** Uses the code of a new link, and goes on. */
export async function signIn(code) {
  await exchange(code);
  feed.now();
}

let toasts = 0;

/** Tells the operator something for a while; a failure stays longer. */
export function toast(text, look = "info") {
  toasts += 1;
  const id = toasts;
  store.dispatch({ type: "toast", toast: { id, text, look } });
  setTimeout(() => store.dispatch({ type: "untoast", id }), look === "error" ? 12_000 : 4_000);
}

/** Tells the daemon something about a unit. What it refuses is shown in its own words. Returns whether it agreed. */
export async function tell(chunk, verb, body) {
  const [method, path, said] = {
    prioritize: ["PATCH", "/priority", "priority set"],
    delete: ["DELETE", "", "deleted"],
    inject: ["POST", null, "injected"],
    retract: ["DELETE", "/answer", "answer taken back"],
  }[verb] ?? ["POST", `/${verb}`, null];
  try {
    const address = verb === "inject" ? "/work-units/inject" : of(chunk, path);
    const answer = await send(method, address, method === "DELETE" ? undefined : body ?? {});
    for (const warning of answer.warnings ?? []) toast(`${chunk}: ${warning}`);
    if (said) toast(`${chunk}: ${said}`);
    refresher.changed({ chunk, status: answer.status });
    if (verb === "delete") store.dispatch({ type: "gone", chunk });
    if (verb === "inject" || verb === "delete") refresher.part("backlog");
    return true;
  } catch (error) {
    toast(`${chunk}: ${error instanceof Refused ? error.words : error}`, "error");
    return false;
  }
}

/** Sends a request that concerns no single unit. Returns the answer, or null when it was refused, which is shown. */
export async function order(method, path, said) {
  try {
    const answer = await send(method, path);
    if (said) toast(said);
    return answer;
  } catch (error) {
    toast(error instanceof Refused ? error.words : String(error), "error");
    return null;
  }
}

function setOutbox(value) {
  store.dispatch({ type: "outbox", value });
}

/** Sends an answer; it can be taken back for a moment. */
export function answer(item, at, body, label) {
  const entry = { key: outbox.keyOf(item, at), chunk: item.chunk, at, body, label };
  setOutbox(outbox.add(store.get().outbox, entry));
  transmit(entry);
}

/** Takes an answer back: one that the daemon has by asking it, another one by sending it no more. */
export async function undo(key) {
  const entry = store.get().outbox.find((entry) => entry.key === key);
  setOutbox(outbox.drop(store.get().outbox, key));
  if (entry?.state !== "sent") return;
  const item = entry.body.item ? `?item=${entry.body.item}` : "";
  if (await order("DELETE", of(entry.chunk, `/answer${item}`), null)) await asked(entry.chunk);
}

/** Sends an answer that failed once more. */
export function sendAgain(key) {
  setOutbox(outbox.set(store.get().outbox, key, { state: "sending", error: null }));
  transmit(store.get().outbox.find((entry) => entry.key === key));
}

async function transmit({ key, chunk, body }) {
  try {
    await send("POST", of(chunk, "/answer"), { ...body, undo_seconds: outbox.GRACE / 1_000 });
    await asked(chunk);
    setOutbox(outbox.sent(store.get().outbox, key, Date.now()));
    setTimeout(() => setOutbox(outbox.settled(store.get().outbox, Date.now())), outbox.GRACE + 20);
  } catch (error) {
    // Nothing answered: it is kept, and sent when there is a connection again.
    const waits = error.status === 0 || error.status === 503;
    const words = error instanceof Refused ? error.words : String(error);
    setOutbox(outbox.set(store.get().outbox, key, { state: waits ? "waiting" : "failed", error: words }));
    if (waits) setTimeout(() => store.get().outbox.some((entry) => entry.key === key && entry.state === "waiting") && sendAgain(key), 3_000);
  }
}

/** What a unit asks has changed. */
async function asked(chunk) {
  refresher.changed({ chunk, status: "NEEDS_ATTENTION" });
  await refresher.attention().catch(() => {});
}
