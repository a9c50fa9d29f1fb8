// What is on its way home: units between their last phase and the branch, in the order in which they got there.

import { html } from "../vendor/preact.js";
import { elapsed } from "../lib/format.js";
import { Chunk, Since } from "./parts.js";

/** Activities of a landing, as the daemon names them. */
const STEPS = ["merging", "gating", "moving"];

/** The units that land, or wait for their turn. */
export function Landings({ units }) {
  const landing = [...units.values()].filter((unit) => unit.status === "RUNNING" && STEPS.includes(unit.activity));
  landing.sort((a, b) => (a.updated_at < b.updated_at ? -1 : 1));
  return html`
    <section class="panel" aria-labelledby="landings">
      <h2 id="landings">Landings</h2>
      ${landing.length === 0 ? html`<p class="muted">Nothing is on its way to the branch.</p>` : html`
        <ol class="plain-list">${landing.map((unit) => html`<li key=${unit.chunk}><${Chunk} name=${unit.chunk} /> <span class="muted">${unit.activity}, <${Since} at=${unit.updated_at} say=${elapsed} /></span></li>`)}</ol>`}
    </section>
  `;
}
