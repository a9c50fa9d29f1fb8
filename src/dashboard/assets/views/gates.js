// Gates: what must be green before work lands, how it went, and what it printed.

import { html, useRef, useState } from "../vendor/preact.js";
import { elapsed, plural, short } from "../lib/format.js";
import { byCommand, figures, matches, result, took } from "../model/gates.js";
import { useJson, useNews, useNow, usePulse, useStore } from "./hooks.js";
import { useKeys } from "./keyboard.js";
import { Chunk, Empty, Loading, Since, Trouble, When } from "./parts.js";
import { Ranges, useRange } from "./range.js";
import { Stream } from "./stream.js";

/** So many attempts of each gate are drawn. */
const DRAWN = 40;
const KINDS = { "worker gate": "in the unit's worktree", "integration gate": "on what would land" };

/** A card for each gate, and its attempts below. */
export function Gates() {
  const [hours, choose] = useRange("ve.gates", 168);
  const { value, error, loading } = useJson(`/gates?hours=${hours}`, `${usePulse(10)}/${useNews(1_000)}`);
  const [text, search] = useState("");
  const input = useRef(null);
  useKeys({
    "/": { does: "search", run: () => input.current?.focus() },
    escape: { does: "clear the search", run: () => { search(""); input.current?.blur(); } },
  });
  if (error && !value) return html`<div class="page"><${Trouble} error=${error} /></div>`;
  const shown = (value?.attempts ?? []).filter((attempt) => matches(attempt, text));
  return html`
    <div class="page gates">
      <div class="whole-head"><h1>Gates</h1><${Ranges} hours=${hours} choose=${choose} /></div>
      ${loading && !value ? html`<${Loading} rows=${6} />` : html`<${Commands} gates=${byCommand(value)} search=${search} />`}
      ${value?.attempts.length > 0 ? html`
        <div class="row gates-tools">
          <label class="sr" for="gates-filter">Search</label>
          <input id="gates-filter" ref=${input} type="search" placeholder="Search  /" title="Chunk, command, green or red; all words must be found" value=${text} onInput=${(event) => search(event.target.value)} />
          <span class="muted num">${plural(shown.length, "attempt")}</span>
        </div>
        ${shown.length > 0 ? html`<${Attempts} attempts=${shown} />` : html`<${Empty} title="Nothing matches." />`}` : null}
    </div>
  `;
}

function Commands({ gates, search }) {
  if (gates.length === 0) {
    return html`<${Empty} title="No gates are configured.">What is reviewed lands. With <code>integration = ["cargo test"]</code> under <code>[gates]</code> in <code>ve.toml</code>, nothing lands before that command was green on exactly the tree that would land.</${Empty}>`;
  }
  return html`<ul class="gates-commands">${gates.map((gate) => html`<${Command} key=${`${gate.kind} ${gate.command}`} gate=${gate} search=${search} />`)}</ul>`;
}

function Command({ gate: { kind, command, isConfigured, attempts }, search }) {
  const { green, judged, median } = figures(attempts);
  const [last] = attempts;
  return html`
    <li class="panel">
      <h2>${command ? html`<code>${command}</code>` : "A command that was not noted"}</h2>
      <p class="facts">
        ${last ? html`<${Result} attempt=${last} /> <span><${When} at=${last.started_at} /></span>` : html`<span>has not run lately</span>`}
        ${judged > 0 ? html`<button type="button" class="plain" onClick=${() => search(`red ${command ?? ""}`)} disabled=${green === judged}>${green} of ${judged} green</button><span>mostly ${elapsed(median)}</span>` : null}
        <span>${KINDS[kind]}</span>
        ${isConfigured ? null : html`<span class="pill count">not configured any more</span>`}
      </p>
      <${Strip} attempts=${attempts.slice(0, DRAWN).toReversed()} />
    </li>
  `;
}

/** The latest attempts as bars, as high as they took long. */
function Strip({ attempts }) {
  const now = useNow();
  if (attempts.length === 0) return null;
  const most = Math.max(...attempts.map((attempt) => took(attempt, now)), 0.001);
  return html`
    <svg class="gates-strip" viewBox=${`0 0 ${DRAWN * 6} 24`} preserveAspectRatio="xMinYMax meet" role="img" aria-label=${`The latest ${plural(attempts.length, "attempt")}: ${attempts.map(result).join(", ")}`}>
      ${attempts.map((attempt, at) => {
        const height = Math.max(3, (took(attempt, now) / most) * 24);
        return html`<rect key=${attempt.id} class=${`gate-${result(attempt).replace(" ", "-")}`} x=${at * 6} y=${24 - height} width="4" height=${height}><title>${attempt.chunk}: ${result(attempt)}, ${elapsed(took(attempt, now))}</title></rect>`;
      })}
    </svg>
  `;
}

function Attempts({ attempts }) {
  const [open, setOpen] = useState(null);
  const units = useStore((state) => state.units);
  return html`
    <div class="scroll">
      <table class="facts-table">
        <thead><tr><th>When</th><th>Chunk</th><th>Result</th><th class="right">Took</th><th>Commit</th><th>Command</th></tr></thead>
        <tbody>
          ${attempts.flatMap((attempt) => {
            const isOpen = attempt.id === open;
            const isProof = attempt.judges !== null && units.get(attempt.chunk)?.landed_commit === attempt.judges && result(attempt) === "green";
            return [
              html`<tr key=${attempt.id}>
                <td><${When} at=${attempt.started_at} /></td>
                <td><${Chunk} name=${attempt.chunk} /></td>
                <td><button type="button" class="plain" aria-expanded=${isOpen} title="What it printed" onClick=${() => setOpen(isOpen ? null : attempt.id)}><i aria-hidden="true">${isOpen ? "▾" : "▸"}</i><${Result} attempt=${attempt} /></button></td>
                <td class="num right">${attempt.ended_at ? elapsed(took(attempt, 0)) : html`<${Since} at=${attempt.started_at} say=${elapsed} />`}</td>
                <td>${attempt.judges ? html`<code title=${attempt.judges}>${short(attempt.judges)}</code>` : null}${isProof ? html` <span class="gate-landed" title="Exactly this commit has landed">◆ landed</span>` : null}</td>
                <td class="wide">${attempt.command ? html`<code>${attempt.command}</code>` : null}</td>
              </tr>`,
              isOpen ? html`<tr key=${`${attempt.id} output`}><td colspan="6" class="gate-output"><${Stream} chunk=${attempt.chunk} attempt=${attempt} raw=${false} /></td></tr>` : null,
            ];
          })}
        </tbody>
      </table>
    </div>
  `;
}

function Result({ attempt }) {
  const said = result(attempt);
  return html`<span class=${`gate gate-${said.replace(" ", "-")}`}><svg viewBox="0 0 12 12" aria-hidden="true"><path d=${SHAPES[said]} /></svg>${said}</span>`;
}

/** Never a colour alone: ticks, crosses, a bar, a triangle. */
const SHAPES = {
  green: "M1 6l2-2 2 2 4-5 2 2-6 7z", red: "M2 1l4 4 4-4 1 1-4 4 4 4-1 1-4-4-4 4-1-1 4-4-4-4z", "cut short": "M1 5h10v2H1z", "at work": "M3 1l8 5-8 5z",
};
