// What waits for the operator, the most urgent first; one entry is open, and everything can be done from the keyboard.

import { html, useEffect, useState } from "../vendor/preact.js";
import { elapsed } from "../lib/format.js";
import { brief } from "../lib/reason.js";
import { settles } from "../model/outbox.js";
import { Ask } from "./ask.js";
import { memo, useStore } from "./hooks.js";
import { useKeys } from "./keyboard.js";
import { Outbox } from "./outbox.js";
import { Empty, Loading, Since } from "./parts.js";

/** The queue beside the open entry. */
export function Attention({ item }) {
  const { attention, outbox, units } = useStore(({ attention, outbox, units }) => ({ attention, outbox, units: units.size }));
  const [chosen, choose] = useState(null);
  // The entry that the address names, which may not have been read yet, until one goes elsewhere.
  const [wanted, want] = useState(item ?? null);
  const items = (attention ?? []).filter((item) => !settles(outbox, item));
  const found = items.findIndex((item) => item.id === (wanted ?? chosen?.id));
  // When the chosen one is gone, the one that took its place is open: the eye stays where it is.
  const at = found >= 0 || wanted ? found : Math.min(chosen?.at ?? 0, items.length - 1);
  const open = items[at] ?? null;
  useEffect(() => {
    if (!open) return;
    want(null);
    if (open.id !== chosen?.id || at !== chosen?.at) choose({ id: open.id, at });
  }, [open?.id, at]);
  const go = (to) => {
    want(null);
    if (items[to]) choose({ id: items[to].id, at: to });
  };
  const move = (by) => go(Math.max(0, Math.min(items.length - 1, at + by)));
  useKeys({
    j: { does: "next entry", repeats: true, run: () => move(1) },
    k: { does: "entry before", repeats: true, run: () => move(-1) },
    arrowdown: { does: null, repeats: true, run: () => move(1) },
    arrowup: { does: null, repeats: true, run: () => move(-1) },
    enter: { does: "open the unit's page", run: () => open?.chunk && (location.hash = `#/unit/${encodeURIComponent(open.chunk)}`) },
  });
  if (attention === null) return html`<div class="page"><${Loading} rows=${5} /></div>`;
  const nothing = items.length === 0;
  return html`
    <h1 class="sr">Attention</h1>
    <div class=${`attention${nothing ? " attention-none" : ""}`}>
      <section class="queue" aria-label="Queue">
        <ol>
          ${items.map((item, place) => html`<${Entry} key=${item.id} item=${item} isOpen=${item === open} choose=${() => go(place)} />`)}
        </ol>
        <${Outbox} />
      </section>
      ${open
        ? html`<${Ask} key=${open.id} item=${open} />`
        : !nothing ? html`<section class="ask"><${Empty} title="This does not wait for you.">It was dealt with, or is about to ask. The others are in the list.</${Empty}></section>`
        : html`<section class="ask"><${Empty} title="Nothing waits for you.">${units > 0
          ? html`Agents go on by themselves. Look at the <a href="#/board">board</a> or at <a href="#/whole">the whole</a>.`
          : html`There are no units yet. Inject a chunk on the <a href="#/board">board</a>, or with <code>ve orch inject</code>.`}</${Empty}></section>`}
    </div>
  `;
}

const Entry = memo(({ item, isOpen, choose }) => html`
  <li>
    <button type="button" class=${`entry kind-${item.attention.kind.replace(" ", "-")}`} aria-current=${isOpen ? "true" : null} onClick=${choose}>
      <span class="entry-head">
        <strong class="entry-name">${item.title}</strong>
        <span class="entry-wait"><${Since} at=${item.attention.since} say=${elapsed} /></span>
      </span>
      <span class="entry-reason">${first(item)}</span>
      <span class="entry-foot">
        <span class="kind">${item.attention.kind}</span>
        ${item.phase ? html`<span>${item.phase.toLowerCase()}</span>` : null}
        ${item.blocks_count > 0 ? html`<span class="entry-blocks">blocks ${item.blocks_count}</span>` : null}
      </span>
    </button>
  </li>
`);

/** The first open question, or the reason. */
function first(item) {
  const open = item.attention.questions.find((question) => question.answer === null);
  return open?.question ?? brief(item.attention.reason);
}
