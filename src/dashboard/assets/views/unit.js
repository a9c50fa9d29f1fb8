// A unit's page: where it stands and why, its attempts on a line of time, and tabs for all that is known of it.

import { html, useEffect, useState } from "../vendor/preact.js";
import { get, of } from "../net/api.js";
import { store } from "../app.js";
import { dollars, short, ticking } from "../lib/format.js";
import { TABS, entry as entryAddress, unit as unitAddress } from "../lib/route.js";
import { verbs } from "../model/board.js";
import { idOf } from "../model/queue.js";
import { Conflicts } from "./conflicts.js";
import { Costs } from "./costs.js";
import { Diff } from "./diff.js";
import { Documents } from "./documents.js";
import { Attempts } from "./gantt.js";
import { History } from "./history.js";
import { useJson, useStore } from "./hooks.js";
import { useKeys } from "./keyboard.js";
import { LogTab } from "./log.js";
import { Chunk, Loading, Reason, Since, StatusBadge, Trouble, When } from "./parts.js";
import { DANGERS, MEANINGS, TITLES, act } from "./verbs.js";

const NAMES = { log: "Log", diff: "Diff", documents: "Goal & plan", history: "History", conflicts: "Conflicts", costs: "Costs" };

/** The page of one unit. */
export function Unit({ chunk, tab }) {
  const { unit, attempt, cost } = useStore(({ units, live, costs }) => ({
    unit: units.get(chunk), attempt: live.get(chunk), cost: costs.get(chunk),
  }));
  const [missing, setMissing] = useState(null);
  const version = unit ? `${unit.updated_at}/${attempt?.id ?? ""}` : "";
  const attempts = useJson(unit ? of(chunk, "/attempts") : null, version);
  useEffect(() => {
    if (unit) return;
    get(of(chunk)).then((unit) => store.dispatch({ type: "unit", unit }), setMissing);
  }, [chunk, Boolean(unit)]);
  const open = (by) => {
    const at = (TABS.indexOf(tab) + by + TABS.length) % TABS.length;
    location.replace(unitAddress(chunk, TABS[at]));
  };
  useKeys({
    "]": { does: "next tab", run: () => open(1) },
    "[": { does: "tab before", run: () => open(-1) },
    x: { does: "cancel", run: () => unit && verbs(unit).includes("cancel") && act(unit, "cancel") },
    i: { does: "interrupt", run: () => unit && verbs(unit).includes("interrupt") && act(unit, "interrupt") },
    r: { does: "retry", run: () => unit && verbs(unit).includes("retry") && act(unit, "retry") },
    backspace: { does: "back", run: () => history.back() },
  });
  if (!unit) return html`<div class="page">${missing ? html`<${Trouble} error=${missing} />` : html`<${Loading} rows=${6} />`}</div>`;
  const list = attempts.value?.attempts ?? [];
  const Tab = { log: LogTab, diff: Diff, documents: Documents, history: History, conflicts: Conflicts, costs: Costs }[tab];
  return html`
    <div class="unit">
      <header class="unit-head">
        <div class="unit-title">
          <h1>${chunk}</h1>
          <${StatusBadge} status=${unit.status} activity=${unit.activity} />
          <span class="spacer"></span>
          <div class="row">
            ${unit.status === "NEEDS_ATTENTION" ? html`<a class="button" href=${entryAddress(idOf(unit))}>Answer</a>` : null}
            ${verbs(unit).map((verb) => html`<button key=${verb} type="button" class=${DANGERS.has(verb) ? "danger-quiet" : ""} title=${MEANINGS[verb] ?? ""} onClick=${() => act(unit, verb)}>${TITLES[verb] ?? verb}</button>`)}
          </div>
        </div>
        <${Facts} unit=${unit} attempt=${attempt} cost=${cost} />
        <${Why} unit=${unit} />
        <${Attempts} attempts=${list} />
      </header>
      <nav class="tabs" aria-label="Parts of the unit">
        ${TABS.map((name) => html`<a key=${name} href=${unitAddress(chunk, name)} aria-current=${name === tab ? "page" : null}>${NAMES[name]}</a>`)}
      </nav>
      <div class=${`tab tab-${tab}`}><${Tab} key=${tab} chunk=${chunk} unit=${unit} attempts=${list} error=${attempts.error} version=${version} /></div>
    </div>
  `;
}

function Facts({ unit, attempt, cost }) {
  return html`
    <p class="facts">
      <span class="phase">${unit.phase.toLowerCase()}</span>
      ${attempt ? html`<span>attempt ${attempt.number}${attempt.agent ? ` by ${attempt.agent}` : ""}, <${Since} at=${attempt.started_at} say=${ticking} /></span>` : null}
      <span>accepted <${When} at=${unit.created_at} /></span>
      ${unit.priority !== 0 ? html`<span>priority ${unit.priority}</span>` : null}
      ${cost > 0 ? html`<span>${dollars(cost)}</span>` : null}
      ${unit.base_branch ? html`<span title=${unit.base_commit}>from ${unit.base_branch} ${short(unit.base_commit)}</span>` : null}
      ${unit.tip ? html`<span title=${unit.tip}>work ${short(unit.tip)}</span>` : null}
      ${unit.landed_commit ? html`<span title=${unit.landed_commit}>landed ${short(unit.landed_commit)}</span>` : null}
      ${unit.done_by === "operator" ? html`<span class="pill pill-warn">unproven: declared by the operator</span>` : null}
      ${unit.review_iterations > 0 ? html`<span>${unit.review_iterations} × review feedback</span>` : null}
      ${unit.retain_worktree ? html`<span>worktree is kept</span>` : null}
      ${unit.depends_on.length > 0 ? html`<span>after ${unit.depends_on.map((other) => html`<${Chunk} key=${other} name=${other} /> `)}</span>` : null}
    </p>
  `;
}

/** Why it does not go on; nothing while it does. */
function Why({ unit }) {
  const text = unit.attention_reason ?? unit.failure ?? (unit.status === "BLOCKED" ? null : unit.waiting);
  if (unit.status === "BLOCKED") {
    return html`<p class="why">Waits for ${unit.blocked_by.map((other) => html`<${Chunk} key=${other} name=${other} /> `)}</p>`;
  }
  if (!text || ["DONE", "CANCELED"].includes(unit.status)) return null;
  return html`<p class=${`why why-${unit.status === "FAILED" ? "bad" : "ask"}`}><${Reason} text=${text} />${unit.resume_at ? html`; again <${When} at=${unit.resume_at} />` : null}</p>`;
}
