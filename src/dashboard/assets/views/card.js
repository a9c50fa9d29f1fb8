// One card of the board: what one wants to know of a unit without opening it, and its menu.

import { html, useState } from "../vendor/preact.js";
import { tell } from "../app.js";
import { absolute, dollars, elapsed, relative, ticking, words } from "../lib/format.js";
import { brief } from "../lib/reason.js";
import { unit as unitAddress } from "../lib/route.js";
import { verbs } from "../model/board.js";
import { memo, useNow } from "./hooks.js";
import { Inline, Name, Since, StatusBadge } from "./parts.js";
import { DANGERS, MEANINGS, TITLES, act } from "./verbs.js";

/** A unit, or a chunk of the backlog, which has no status. */
export const Card = memo(({ card, attempt, cost, onDrag, onDropBefore }) => {
  const begin = (event) => {
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", card.chunk);
    onDrag(card);
  };
  const before = (event) => {
    if (!onDropBefore) return;
    event.preventDefault();
    event.stopPropagation();
    onDropBefore("ready", card);
  };
  const open = (event) => {
    if (event.key === "Enter" && event.target === event.currentTarget && card.status) location.hash = unitAddress(card.chunk);
  };
  return html`
    <article class=${`card${card.status ? ` card-${words(card.status).replace(" ", "-")}` : " card-future"}`} tabindex="0" draggable="true"
      onDragStart=${begin} onDragEnd=${() => onDrag(null)} onDragOver=${(event) => event.preventDefault()} onDrop=${before} onKeyDown=${open} aria-label=${card.chunk}>
      <header>
        ${card.status ? html`<a class="chunk" href=${unitAddress(card.chunk)} title=${card.chunk} draggable="false"><${Name} text=${card.chunk} /></a>` : html`<span class="chunk" title=${card.chunk}><${Name} text=${card.chunk} /></span>`}
        <${Menu} card=${card} />
      </header>
      ${card.status ? html`<${Facts} unit=${card} attempt=${attempt} cost=${cost} />` : html`<p class="card-goal"><${Inline} text=${card.summary ?? ""} /></p>`}
    </article>
  `;
});

function Facts({ unit, attempt, cost }) {
  // A process that waits for an answer is not at work.
  const asks = unit.status === "NEEDS_ATTENTION";
  const ended = ["DONE", "FAILED", "CANCELED"].includes(unit.status);
  return html`
    <p class="card-facts">
      <span class="phase">${unit.phase.toLowerCase()}</span>
      ${unit.status === "RUNNING" ? html`<span>${unit.activity}</span>` : null}
      ${ended ? html`<${StatusBadge} status=${unit.status} />` : null}
      ${asks && unit.attention ? html`<span>waits <${Since} at=${unit.attention.since} say=${elapsed} /></span>` : null}
      ${attempt?.agent && !asks ? html`<span>${attempt.agent}</span>` : null}
      ${attempt && !asks ? html`<${Since} at=${attempt.started_at} say=${ticking} />` : null}
      ${unit.priority !== 0 ? html`<span class="num" title="Priority">p ${unit.priority}</span>` : null}
      ${cost > 0 ? html`<span class="num" title="Cost so far">${dollars(cost)}</span>` : null}
      ${unit.hold ? html`<span class="pill" title=${`Held ${unit.hold}`}>to be held</span>` : null}
      ${unit.done_by === "operator" ? html`<span class="pill pill-warn" title="Declared done by the operator; nothing proves it">unproven</span>` : null}
      ${ended ? html`<${Ended} at=${unit.updated_at} />` : null}
    </p>
    ${why(unit) ? html`<p class="card-why" title=${why(unit)}>${why(unit)}${unit.resume_at ? html`; again <${Until} at=${unit.resume_at} />` : null}</p>` : null}
  `;
}

/** Why it does not go on, in one line; nothing where the column says all. */
function why(unit) {
  if (unit.status === "NEEDS_ATTENTION") return brief(unit.attention_reason);
  if (unit.status === "BLOCKED") return `waits for ${unit.blocked_by.join(", ")}`;
  if (unit.status === "FAILED") return brief(unit.failure);
  if (unit.status === "READY") return unit.waiting;
  return null;
}

function Until({ at }) {
  const now = useNow();
  return html`<time datetime=${at} title=${absolute(at)}>${relative(at, now)}</time>`;
}

function Ended({ at }) {
  return html`<span class="muted"><${Since} at=${at} say=${(seconds) => `${elapsed(seconds)} ago`} /></span>`;
}

/** What can be done to the card without dragging it. */
function Menu({ card }) {
  const [open, setOpen] = useState(false);
  const list = card.status ? verbs(card) : ["inject"];
  const choose = (verb) => {
    setOpen(false);
    if (verb === "inject") tell(card.chunk, "inject", { chunk: card.chunk });
    else act(card, verb);
  };
  const left = (event) => {
    if (!event.currentTarget.contains(event.relatedTarget)) setOpen(false);
  };
  return html`
    <details class="menu" open=${open} onToggle=${(event) => setOpen(event.currentTarget.open)} onFocusOut=${left}>
      <summary aria-label=${`Menu of ${card.chunk}`}>⋯</summary>
      ${open ? html`<div class="menu-list">${list.map((verb) => html`
        <button key=${verb} type="button" class=${DANGERS.has(verb) ? "danger-quiet" : ""} title=${MEANINGS[verb] ?? ""} onClick=${() => choose(verb)}>${TITLES[verb] ?? "Inject"}</button>`)}</div>` : null}
    </details>
  `;
}
