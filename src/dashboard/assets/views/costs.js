// What a unit's attempts cost, by attempt and class of tokens.

import { html } from "../vendor/preact.js";
import { count, dollars, elapsed } from "../lib/format.js";
import { useNow } from "./hooks.js";
import { Empty } from "./parts.js";

const CLASSES = [
  ["input_tokens", "Input"], ["output_tokens", "Output"], ["cache_read_tokens", "Cache read"], ["cache_write_tokens", "Cache written"],
];

/** One row per attempt, and their sum. */
export function Costs({ attempts }) {
  const now = useNow();
  if (attempts.length === 0) return html`<${Empty} title="No attempt yet." />`;
  const seconds = (attempt) => (Date.parse(attempt.ended_at ?? new Date(now).toISOString()) - Date.parse(attempt.started_at)) / 1000;
  const sum = (of) => attempts.reduce((sum, attempt) => sum + of(attempt), 0);
  return html`
    <div class="scroll">
      <table class="facts-table">
        <thead><tr><th>Attempt</th><th>Phase</th><th>Agent</th><th>End</th><th class="right">Time</th>${CLASSES.map(([name, title]) => html`<th key=${name} class="right">${title}</th>`)}<th class="right">Cost</th></tr></thead>
        <tbody>
          ${attempts.map((attempt) => html`
            <tr key=${attempt.number}>
              <td class="num">${attempt.number}</td><td>${attempt.phase.toLowerCase()}</td>
              <td>${attempt.agent ?? attempt.kind}${attempt.agent_version ? html` <span class="muted">${attempt.agent_version}</span>` : null}</td>
              <td title=${attempt.error}>${attempt.outcome ?? attempt.status}</td>
              <td class="num right">${elapsed(seconds(attempt))}</td>
              ${CLASSES.map(([name]) => html`<td key=${name} class="num right">${count(attempt.usage[name])}</td>`)}
              <td class="num right">${dollars(attempt.cost_usd)}</td>
            </tr>`)}
        </tbody>
        <tfoot><tr><th colspan="4">All</th><td class="num right">${elapsed(sum(seconds))}</td>${CLASSES.map(([name]) => html`<td key=${name} class="num right">${count(sum((attempt) => attempt.usage[name]))}</td>`)}<td class="num right">${dollars(sum((attempt) => attempt.cost_usd))}</td></tr></tfoot>
      </table>
    </div>
  `;
}
