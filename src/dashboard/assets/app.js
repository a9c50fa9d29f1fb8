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
  }[verb] ?? ["POST", `/${verb}`, null];
  try {
    const address = verb === "inject" ? "/work-units/inject" : of(chunk, path);
    const answer = await send(method, address, verb === "delete" ? undefined : body ?? {});
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

/** Puts an answer on its way; it can be taken back for a moment. */
export function answer(item, at, body, label) {
  const key = outbox.keyOf(item, at);
  setOutbox(outbox.add(store.get().outbox, { key, chunk: item.chunk, body, label }, Date.now()));
  setTimeout(sendDue, outbox.GRACE + 20);
}

/** Takes back an answer that has not been sent. */
export function undo(key) {
  setOutbox(outbox.undo(store.get().outbox, key));
}

/** Sends an answer that failed once more, or one that waits at once. */
export function sendNow(key) {
  setOutbox(outbox.set(store.get().outbox, key, { state: "waiting", due: 0 }));
  sendDue();
}

async function sendDue() {
  for (const entry of outbox.due(store.get().outbox, Date.now())) await sendOne(entry);
}

async function sendOne(entry, options) {
  setOutbox(outbox.set(store.get().outbox, entry.key, { state: "sending" }));
  try {
    await send("POST", of(entry.chunk, "/answer"), entry.body, options);
    refresher.changed({ chunk: entry.chunk, status: "NEEDS_ATTENTION" });
    await refresher.attention().catch(() => {});
    setOutbox(outbox.drop(store.get().outbox, entry.key));
  } catch (error) {
    const words = error instanceof Refused ? error.words : String(error);
    // Nothing answered: it is kept, and sent when there is a connection again.
    const state = error.status === 0 || error.status === 503 ? "waiting" : "failed";
    setOutbox(outbox.set(store.get().outbox, entry.key, { state, due: Date.now() + 3_000, error: words }));
    if (state === "waiting") setTimeout(sendDue, 3_100);
  }
}

// Leaving the page is no undo.
addEventListener("pagehide", () => {
  for (const entry of store.get().outbox) if (entry.state === "waiting") sendOne(entry, { keepalive: true });
});
