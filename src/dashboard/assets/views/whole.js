// The whole: all units on one line of time, how busy the agents were, what landed and what it cost, conflicts, the machine, the daemon's log.

import { html } from "../vendor/preact.js";
import { dollars, elapsed, plural } from "../lib/format.js";
import { buckets, busy, mean, rows } from "../model/chart.js";
import { Bars, Steps } from "./bars.js";
import { Gantt } from "./gantt.js";
import { useJson, useNews, usePulse, useStore } from "./hooks.js";
import { Landings } from "./landings.js";
import { Machine } from "./machine.js";
import { Matrix } from "./matrix.js";
import { Loading, Trouble } from "./parts.js";
import { Ranges, useRange } from "./range.js";
import { DaemonLog } from "./daemon-log.js";

const HOUR = 3_600_000;

/** The overview of a stretch of time up to now. */
export function Whole() {
  const [hours, choose] = useRange("ve.hours", 6);
  const pulse = usePulse(10);
  const { value, error, loading } = useJson(`/timeline?hours=${hours}`, `${pulse}/${useNews(1_000)}`);
  const units = useStore((state) => state.units);
  if (error && !value) return html`<div class="page"><${Trouble} error=${error} /></div>`;
  return html`
    <div class="page whole">
      <div class="whole-head"><h1>Overview</h1><${Ranges} hours=${hours} choose=${choose} /></div>
      ${loading && !value ? html`<${Loading} rows=${8} />` : html`<${Charts} timeline=${value} units=${units} />`}
      <div class="whole-grid">
        <${Landings} units=${units} />
        <${Machine} />
        <${Matrix} units=${units} />
      </div>
      <${DaemonLog} />
    </div>
  `;
}

function Charts({ timeline, units }) {
  const to = Date.parse(timeline.now);
  const begun = Math.min(to, ...timeline.attempts.map((attempt) => Date.parse(attempt.started_at)), ...timeline.changes.map((change) => Date.parse(change.timestamp)));
  // An hour in which nothing had begun yet is no hour of work.
  const from = Math.max(Date.parse(timeline.since), begun);
  const lines = rows(timeline);
  const steps = busy(lines, from, to);
  const landed = timeline.changes.filter((change) => change.new_status === "DONE");
  const ends = timeline.attempts.map((attempt) => ({ at: Date.parse(attempt.ended_at ?? timeline.now), amount: attempt.cost_usd }));
  const cost = ends.reduce((sum, { amount }) => sum + amount, 0);
  const depends = new Map([...units.values()].map((unit) => [unit.chunk, unit.depends_on]));
  // The charts show at least ten minutes, and begin where there is something to show.
  const start = Math.min(from, to - HOUR / 6);
  const size = (to - start) / 24;
  return html`
    <dl class="tiles">
      <${Tile} name="Agents, on average" value=${mean(steps, to).toFixed(1)} note=${`most at once: ${Math.max(...steps.map((step) => step.busy))}`} />
      <${Tile} name="Landed" value=${landed.length} note=${rate(landed.length, to - from, (each) => each.toFixed(1))} />
      <${Tile} name="Attempts" value=${timeline.attempts.length} note=${plural(timeline.attempts.filter((attempt) => ["failed", "crashed"].includes(attempt.outcome)).length, "failure")} />
      <${Tile} name="Cost" value=${dollars(cost)} note=${rate(cost, to - from, dollars)} />
    </dl>
    <section aria-label="All units over time">
      <${Gantt} rows=${lines} label=${170} from=${from} depends=${depends} />
      <p class="legend">${["goal", "plan", "implement", "rebase", "review", "complete"].map((phase) => html`<span key=${phase} class=${`bar-key phase-${phase}`}><svg viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" rx="2" /></svg>${phase}</span>`)}<span class="bar-key phase-gate"><svg viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" rx="2" /></svg>gate</span><span>◆ landed</span><span class="ask-key">▬ waited for you</span><span class="muted">ctrl + wheel zooms</span></p>
    </section>
    <div class="charts">
      <${Steps} title="Agents at work" steps=${steps} from=${start} to=${to} />
      <${Bars} title="Landed" values=${buckets(landed.map((change) => ({ at: Date.parse(change.timestamp), amount: 1 })), start, to, size)} from=${start} size=${size} say=${(value) => plural(value, "unit")} />
      <${Bars} title="Cost" values=${buckets(ends, start, to, size)} from=${start} size=${size} say=${dollars} />
    </div>
  `;
}

function Tile({ name, value, note }) {
  return html`<div class="tile"><dt>${name}</dt><dd class="tile-value num">${value}</dd><dd class="muted num">${note}</dd></div>`;
}

/** So much an hour; of less than a quarter of an hour nothing is said that goes beyond it. */
function rate(sum, milliseconds, say) {
  const hours = milliseconds / HOUR;
  return hours < 0.25 ? `in ${elapsed(milliseconds / 1000)}` : `${say(sum / hours)} an hour`;
}
