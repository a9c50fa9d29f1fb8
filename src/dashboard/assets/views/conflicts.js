// What the oracle predicts about a unit and others, why, and the operator's way to decide otherwise.

import { html, useState } from "../vendor/preact.js";
import { tell } from "../app.js";
import { words } from "../lib/format.js";
import { useJson } from "./hooks.js";
import { Chunk, Empty, Loading, Trouble, When } from "./parts.js";

/** The verdicts about one unit. */
export function Conflicts({ chunk, version }) {
  const [again, look] = useState(0);
  const { value, error, loading } = useJson(`/conflicts/${encodeURIComponent(chunk)}`, `${version}/${again}`);
  if (error) return html`<${Trouble} error=${error} />`;
  if (loading && !value) return html`<${Loading} />`;
  if (value.conflicts.length === 0) return html`<${Empty} title="No other unit to compare with." />`;
  const decide = async (other, verdict) => {
    if (await tell(chunk, "resolve", { other_chunk: other, verdict })) look(again + 1);
  };
  return html`
    <div class="scroll">
      <table class="facts-table">
        <thead><tr><th>With</th><th>Verdict</th><th>Sure</th><th>Stage</th><th>Why</th><th>Decide</th></tr></thead>
        <tbody>
          ${value.conflicts.map((conflict) => {
            const other = conflict.chunk_a === chunk ? conflict.chunk_b : conflict.chunk_a;
            return html`
              <tr key=${other}>
                <td><${Chunk} name=${other} tab="conflicts" /></td>
                <td><span class=${`verdict verdict-${words(conflict.verdict).replace(" ", "-")}`}>${words(conflict.verdict)}</span>${conflict.by_operator ? html` <span class="muted">by you</span>` : null}</td>
                <td class="num">${Math.round(conflict.confidence * 100)} %</td>
                <td>${words(conflict.analysis_stage)}</td>
                <td class="wide">${conflict.reason}${evidence(conflict)} <span class="muted"><${When} at=${conflict.created_at} /></span></td>
                <td><div class="row"><button type="button" onClick=${() => decide(other, "parallelize")}>Parallel</button><button type="button" onClick=${() => decide(other, "serialize")}>Serialize</button></div></td>
              </tr>`;
          })}
        </tbody>
      </table>
    </div>
  `;
}

function evidence({ overlapping_files, overlapping_symbols }) {
  const all = [...overlapping_files, ...overlapping_symbols];
  return all.length === 0 ? null : html`<ul class="evidence">${all.slice(0, 12).map((place) => html`<li key=${place}><code>${place}</code></li>`)}${all.length > 12 ? html`<li>and ${all.length - 12} more</li>` : null}</ul>`;
}
