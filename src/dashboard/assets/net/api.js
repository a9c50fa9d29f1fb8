// Requests to the daemon, with the token. Every failure is an error with words, a hint and the status.

import { token } from "./session.js";

/** A refused or failed request. `status` is 0 when nothing answered. */
export class Refused extends Error {
  constructor(status, body) {
    super(body?.error ?? (status === 0 ? "the daemon does not answer" : `the daemon answers ${status}`));
    this.status = status;
    this.hint = body?.hint ?? null;
  }

  /** Error and hint in one line. */
  get words() {
    return this.hint ? `${this.message} – ${this.hint}` : this.message;
  }
}

/** Told of every 401, so that the page can ask for a new link. */
export const signedOut = new EventTarget();

/** The response to a request. Throws `Refused`, or the abort of `options.signal`. */
export async function request(method, path, body, options = {}) {
  const headers = { authorization: `Bearer ${token() ?? ""}` };
  if (body !== undefined) headers["content-type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, null);
  }
  if (answer.ok) return answer;
  if (answer.status === 401) signedOut.dispatchEvent(new Event("401"));
  throw new Refused(answer.status, await answer.json().catch(() => null));
}

/** The JSON at a path. */
export async function get(path, options) {
  return (await request("GET", path, undefined, options)).json();
}

/** The JSON that answers a change. */
export async function send(method, path, body = {}, options) {
  return (await request(method, path, body, options)).json();
}

/** The path of a unit, or of something below it. */
export function of(chunk, rest = "") {
  return `/work-units/${encodeURIComponent(chunk)}${rest}`;
}
