// The WebSocket: the state, then every change by its number. Tries for ever; goes on where it was, so nothing is missed and nothing reloaded.

import { delay } from "../lib/backoff.js";
import { Refused, request } from "./api.js";
import { token } from "./session.js";

/** Without a word for so long the daemon is asked whether it lives. The page cannot see the daemon's own pings. */
const QUIET = 20_000;

/** Follows the daemon. `dispatch` takes actions, `onChange` hears of chunks that changed, `onResume` of a new connection. */
export class Feed {
  #socket = null;
  #failures = 0;
  #timer = null;
  #heard = 0;

  constructor({ store, onChange, onResume }) {
    this.store = store;
    this.onChange = onChange;
    this.onResume = onResume;
    setInterval(() => this.#watch(), 5_000);
    addEventListener("online", () => this.now());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.#heard = Math.min(this.#heard, Date.now() - QUIET + 1_000);
      if (!document.hidden && this.#timer) this.now();
    });
  }

  /** Connects at once, whatever was planned. */
  now() {
    if (this.#socket) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#link({ state: "connecting", retryAt: null });
    const since = this.store.get().seq;
    const address = new URL(since === null ? "/ws" : `/ws?since=${since}`, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    address.hash = "";
    const socket = new WebSocket(address, [`ve.token.${token() ?? ""}`]);
    this.#socket = socket;
    socket.onopen = () => {
      this.#failures = 0;
      this.#heard = Date.now();
      this.#link({ state: "live", since: Date.now(), why: null });
      this.onResume(since === null);
    };
    socket.onmessage = ({ data }) => {
      this.#heard = Date.now();
      this.#take(JSON.parse(data));
    };
    socket.onclose = () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#lost();
    };
  }

  #take(message) {
    if (message.type === "initial_state") {
      this.store.dispatch({ type: "snapshot", units: message.data.work_units, seq: message.seq });
    } else if (message.type === "work_unit_update") {
      this.store.dispatch({ type: "changed", seq: message.seq, update: message.data });
      this.onChange(message.data);
    }
  }

  /** Finds out why, so that the operator reads it and the next try can succeed. */
  async #lost() {
    const wait = delay(this.#failures, Math.random());
    this.#failures += 1;
    this.#link({ state: "waiting", retryAt: Date.now() + wait, why: "the daemon does not answer" });
    this.#timer = setTimeout(() => this.now(), wait);
    const since = this.store.get().seq;
    try {
      await request("GET", since === null ? "/ws" : `/ws?since=${since}`);
    } catch (error) {
      if (!(error instanceof Refused)) return;
      if (error.status === 401) this.#stop();
      // The journal does not go back so far, or is another one: all is read anew.
      else if (error.status === 410) this.store.dispatch({ type: "snapshot", units: [...this.store.get().units.values()], seq: null });
      else if (error.status !== 0 && error.status !== 400) this.#link({ why: error.message });
    }
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#link({ state: "signed out", retryAt: null });
  }

  async #watch() {
    const socket = this.#socket;
    if (!socket || socket.readyState !== WebSocket.OPEN || Date.now() - this.#heard < QUIET) return;
    this.#heard = Date.now();
    try {
      await request("GET", "/healthz", undefined, { signal: AbortSignal.timeout(5_000) });
    } catch {
      if (this.#socket !== socket) return;
      // Closing a dead connection can take minutes; it is left to itself.
      this.#socket = null;
      socket.onclose = null;
      socket.close();
      this.#lost();
    }
  }

  #link(link) {
    this.store.dispatch({ type: "link", link });
  }
}
