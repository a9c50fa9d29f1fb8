// Asks for what the feed only names: whole units, the queue, what lives. Many changes become few requests.

import { entries } from "../model/queue.js";
import { get, of } from "./api.js";

/** Between two rounds of requests, however much happens. */
const PAUSE = 700;
/** More changed units than this are asked for as one list. */
const FEW = 6;
/** Also without a change things move: waits end, the queue's order changes. */
const SLOW = 15_000;

/** Keeps `store` fresh. */
export class Refresher {
  #dirty = new Set();
  #wants = new Set();
  #timer = null;
  #last = 0;
  #busy = false;
  #told = new Set();

  constructor(store, onTrouble) {
    this.store = store;
    this.onTrouble = onTrouble;
    setInterval(() => {
      if (!document.hidden && store.get().link.state === "live") this.all();
    }, SLOW);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && store.get().link.state === "live") this.all();
    });
  }

  /** A unit changed. */
  changed(update) {
    this.#dirty.add(update.chunk);
    const known = this.store.get().attention?.some((item) => item.chunk === update.chunk);
    if (known || update.status === "NEEDS_ATTENTION") this.#wants.add("attention");
    for (const part of ["live", "status", "costs"]) this.#wants.add(part);
    if (!this.store.get().units.has(update.chunk)) this.#wants.add("backlog");
    this.#plan();
  }

  /** Anything may have changed. */
  all() {
    for (const part of ["units", "attention", "live", "status", "costs", "backlog"]) this.#wants.add(part);
    this.#plan();
  }

  /** Only this part may have changed. */
  part(name) {
    this.#wants.add(name);
    this.#plan();
  }

  #plan() {
    if (this.#timer || this.#busy) return;
    const wait = Math.max(60, this.#last + PAUSE - Date.now());
    this.#timer = setTimeout(() => this.#round(), wait);
  }

  async #round() {
    this.#timer = null;
    this.#busy = true;
    const [dirty, wants] = [this.#dirty, this.#wants];
    [this.#dirty, this.#wants] = [new Set(), new Set()];
    if (dirty.size > FEW) wants.add("units");
    const orders = [...wants].map((part) => this[part]());
    if (!wants.has("units")) orders.push(...[...dirty].map((chunk) => this.#unit(chunk)));
    // What fails now is asked for again with the next change or the next slow round.
    for (const { reason } of await Promise.allSettled(orders)) if (reason) this.#failed(reason);
    this.#last = Date.now();
    this.#busy = false;
    if (this.#dirty.size > 0 || this.#wants.size > 0) this.#plan();
  }

  /** That the daemon is away, restarting or wants a token is said elsewhere; anything else is said once. */
  #failed(error) {
    if ([0, 401, 503].includes(error.status) || this.#told.has(error.message)) return;
    this.#told.add(error.message);
    this.onTrouble(error);
  }

  async #unit(chunk) {
    try {
      this.store.dispatch({ type: "unit", unit: await get(of(chunk)) });
    } catch (error) {
      if (error.status === 404) this.store.dispatch({ type: "gone", chunk });
      else throw error;
    }
  }

  async units() {
    this.store.dispatch({ type: "units", units: (await get("/work-units")).work_units });
  }

  async attention() {
    this.store.dispatch({ type: "attention", items: entries(await get("/attention")) });
  }

  async live() {
    const { attempts } = await get("/timeline?hours=0");
    this.store.dispatch({ type: "live", attempts: attempts.filter((attempt) => attempt.status !== "ended") });
  }

  async status() {
    this.store.dispatch({ type: "status", value: await get("/status") });
  }

  async costs() {
    this.store.dispatch({ type: "costs", units: (await get("/costs")).units });
  }

  async backlog() {
    this.store.dispatch({ type: "backlog", value: (await get("/board")).backlog });
  }
}
