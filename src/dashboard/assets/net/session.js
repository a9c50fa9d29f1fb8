// The token of this tab: got once by a one-time link, kept in the tab's own storage and in no cookie, which would know no ports.

import { code } from "../lib/route.js";

const NAME = "ve.token";

/** The token, where this tab has one. */
export function token() {
  return sessionStorage.getItem(NAME);
}

/** Forgets the token. */
export function forget() {
  sessionStorage.removeItem(NAME);
}

/** Exchanges the code in the address, if there is one, and takes it out of the address and the history. */
export async function enter() {
  const found = code(location.hash);
  if (!found) return;
  history.replaceState(null, "", "#/attention");
  await exchange(found);
}

/** Exchanges a code for a token. Throws what the daemon says against it. */
export async function exchange(found) {
  const answer = await fetch("/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code: found }),
  });
  const body = await answer.json();
  if (!answer.ok) throw new Error([body.error, body.hint].filter(Boolean).join(" – "));
  sessionStorage.setItem(NAME, body.token);
}
