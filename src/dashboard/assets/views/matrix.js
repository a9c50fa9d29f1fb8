// Which units may run at once, as a half matrix of all that are not through.

import { html } from "../vendor/preact.js";
import { plural, words } from "../lib/format.js";
import { unit as unitAddress } from "../lib/route.js";
import { useJson, usePulse } from "./hooks.js";
import { Loading, Trouble } from "./parts.js";

/** A matrix of more would not be read. */
const MOST = 24;
/** How often what was foreseen came, and the other way round. */
function Record() {
  const { value, error } = useJson("/oracle/stats", usePulse(60));
  if (error && !value) return html`<${Trouble} error=${error} />`;
  if (!value || value.all.settled === 0) return null;
  const { settled, conflicts, foreseen, false_alarms } = value.all;
  return html`<p class="muted" title="ve orch oracle stats has it by stage">Of ${plural(settled, "pair")} that ${settled === 1 ? "has" : "have"} landed, ${conflicts} conflicted: ${foreseen} foreseen, ${plural(false_alarms, "false alarm")}.</p>`;
}

const SIGNS = { INDEPENDENT: "·", SERIALIZE: "■", ASK_OPERATOR: "?" };

/** Verdicts of all pairs. */
export function Matrix({ units }) {
  const { value, error, loading } = useJson("/conflicts", usePulse(15));
  const open = [...units.values()].filter((unit) => !["DONE", "FAILED", "CANCELED"].includes(unit.status)).map((unit) => unit.chunk);
  const verdicts = new Map();
  for (const conflict of value?.conflicts ?? []) {
    verdicts.set(`${conflict.chunk_a}\n${conflict.chunk_b}`, conflict);
    verdicts.set(`${conflict.chunk_b}\n${conflict.chunk_a}`, conflict);
  }
  const interesting = (chunk) => open.some((other) => (verdicts.get(`${chunk}\n${other}`)?.verdict ?? "INDEPENDENT") !== "INDEPENDENT");
  const shown = (open.length > MOST ? open.filter(interesting) : open).slice(0, MOST);
  return html`
    <section class="panel panel-wide" aria-labelledby="matrix">
      <h2 id="matrix">Conflicts</h2>
      ${error && !value ? html`<${Trouble} error=${error} />` : null}
      ${loading && !value ? html`<${Loading} />` : null}
      ${value && shown.length < 2 ? html`<p class="muted">No pair of units is open.</p>` : null}
      ${value && shown.length >= 2 ? html`
        <div class="matrix"><table>
          <tbody>${shown.map((row, at) => html`
            <tr key=${row}><th scope="row"><a class="chunk" href=${unitAddress(row, "conflicts")}>${row}</a></th>
              ${shown.slice(0, at).map((column) => {
                const conflict = verdicts.get(`${row}\n${column}`);
                const title = conflict ? `${row} and ${column}: ${words(conflict.verdict)}, ${Math.round(conflict.confidence * 100)} % – ${conflict.reason}` : `${row} and ${column}: not compared`;
                return html`<td key=${column} class=${conflict ? `verdict-${words(conflict.verdict).replace(" ", "-")}` : ""} title=${title}><span aria-hidden="true">${conflict ? SIGNS[conflict.verdict] : ""}</span><span class="sr">${title}</span></td>`;
              })}<td class="own">${at + 1}</td></tr>`)}</tbody>
          <tfoot><tr><th></th>${shown.map((column, at) => html`<td key=${column} class="own" title=${column}>${at + 1}</td>`)}</tr></tfoot>
        </table></div>
        <p class="legend"><span>· may run at once</span><span class="verdict-serialize">■ one after the other</span><span class="verdict-ask-operator">? you decide</span>${open.length > shown.length ? html`<span class="muted">${shown.length} of ${open.length} units</span>` : null}</p>` : null}
      <${Record} />
    </section>
  `;
}
