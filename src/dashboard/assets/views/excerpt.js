// What an agent said and did right before it stopped: often all that one needs to know for an answer.

import { html, useEffect, useState } from "../vendor/preact.js";
import { unit as unitAddress } from "../lib/route.js";
import { excerpt } from "../model/excerpt.js";
import { of, request } from "../net/api.js";

/** So many entries of the transcript are asked for, results and book-keeping among them. */
const ASKED = 40;

/** The last entries of the latest attempt; nothing until they are there, for they are beside the point. `since` is when it stopped. */
export function Excerpt({ chunk, since }) {
  const [{ entries, error }, set] = useState({ entries: [], error: null });
  useEffect(() => {
    const abort = new AbortController();
    request("GET", of(chunk, `/transcript?last=${ASKED}`), undefined, { signal: abort.signal })
      .then((answer) => answer.text())
      .then((text) => set({ entries: excerpt(text.split("\n").filter(Boolean).map((line) => JSON.parse(line))), error: null }))
      .catch((error) => error.name !== "AbortError" && set({ entries: [], error }));
    return () => abort.abort();
  }, [chunk, since]);
  if (error) return html`<p class="muted">What was said before cannot be shown: ${error.message}</p>`;
  if (entries.length === 0) return null;
  return html`
    <section class="excerpt" aria-labelledby="excerpt-title">
      <h3 id="excerpt-title"><span>Before that</span> <a href=${unitAddress(chunk)}>whole log</a></h3>
      <ol>${entries.map((entry, at) => html`<li key=${at} class=${`excerpt-${entry.look}`}>${entry.name ? html`<b>${entry.name}</b> ` : null}${entry.text}</li>`)}</ol>
    </section>
  `;
}
