// The board: a column per status, the project's FUTURE chunks in front. Cards are dragged, or told by their menu.

import { html, useRef, useState } from "../vendor/preact.js";
import { tell, toast } from "../app.js";
import { plural } from "../lib/format.js";
import { COLUMNS, columns, dropOn, priorityBefore } from "../model/board.js";
import { Card } from "./card.js";
import { useStable, useStore } from "./hooks.js";
import { useKeys } from "./keyboard.js";
import { Loading } from "./parts.js";
import { useScroll } from "./scroll.js";
import { act } from "./verbs.js";

/** Ended cards are many; the latest are shown until one asks for all. */
const ENDED = 30;

/** All columns with the filter above them. */
export function Board() {
  const { units, backlog, live, costs, seq } = useStore(({ units, backlog, live, costs, seq }) => ({ units, backlog, live, costs, seq: seq === null }));
  const [filter, setFilter] = useState(sessionStorage.getItem("ve.filter") ?? "");
  const [drag, setDrag] = useState(null);
  const input = useRef(null);
  const search = (text) => {
    sessionStorage.setItem("ve.filter", text);
    setFilter(text);
  };
  useKeys({
    "/": { does: "search", run: () => input.current?.focus() },
    j: { does: "next card", repeats: true, run: () => focusCard(1, 0) },
    k: { does: "card before", repeats: true, run: () => focusCard(-1, 0) },
    l: { does: "column to the right", repeats: true, run: () => focusCard(0, 1) },
    h: { does: "column to the left", repeats: true, run: () => focusCard(0, -1) },
    m: { does: "menu of the card", run: () => document.activeElement?.closest(".card")?.querySelector("summary")?.click() },
    escape: { does: "clear the search", run: () => { search(""); input.current?.blur(); } },
  });
  const cards = columns([...units.values()].map((unit) => withAgent(unit, live)), backlog, filter);
  const drop = useStable(async (column, next) => {
    const card = drag;
    setDrag(null);
    if (!card) return;
    const { verb, refused } = dropOn(card, column);
    if (refused) toast(`${card.chunk}: ${refused}`, "error");
    else if (verb === "prioritize") {
      const others = cards.ready.filter((other) => other.chunk !== card.chunk);
      if (next?.chunk !== card.chunk) await tell(card.chunk, "prioritize", { priority: priorityBefore(others, next) });
    } else if (verb === "inject") await tell(card.chunk, "inject", { chunk: card.chunk });
    else if (verb) await act(card, verb);
  });
  if (seq && units.size === 0) return html`<div class="page"><${Loading} rows=${6} /></div>`;
  const shown = COLUMNS.reduce((sum, { id }) => sum + cards[id].length, 0);
  return html`
    <h1 class="sr">Board</h1>
    <div class="toolbar">
      <label class="sr" for="filter">Search</label>
      <input id="filter" ref=${input} type="search" placeholder="Search  /" title="Chunk, phase, status, agent, reason; all words must be found" value=${filter} onInput=${(event) => search(event.target.value)} />
      <span class="muted num">${plural(shown, "card")}${filter ? ` of ${units.size + backlog.length}` : ""}</span>
    </div>
    <${Columns}>${COLUMNS.map((column) => html`
      <${Column} key=${column.id} column=${column} cards=${cards[column.id]} filter=${filter} live=${live} costs=${costs} target=${drag ? dropOn(drag, column.id) : null} drag=${setDrag} drop=${drop} />`)}</${Columns}>
  `;
}

function Columns({ children }) {
  return html`<div class="board" ref=${useScroll("board")}>${children}</div>`;
}

/** Cards of one kind. `target` is what it would mean to drop here the card that is being dragged. */
function Column({ column, cards, filter, live, costs, target, drag, drop }) {
  const [all, setAll] = useState(false);
  const list = column.id === "done" && !all ? cards.slice(0, ENDED) : cards;
  const more = cards.length - list.length;
  const looks = [cards.length === 0 && "is-empty", target?.verb && "takes", target?.refused && "refuses"].filter(Boolean);
  return html`
    <section class=${["column", `column-${column.id}`, ...looks].join(" ")} aria-label=${column.title}
      onDragOver=${(event) => event.preventDefault()} onDrop=${(event) => { event.preventDefault(); drop(column.id, null); }}>
      <h2>${column.title} <span class="count num">${cards.length}</span></h2>
      <div class="cards" ref=${useScroll(`board ${column.id}`)}>
        ${list.map((card) => html`
          <${Card} key=${card.chunk} card=${card} attempt=${live.get(card.chunk)} cost=${costs.get(card.chunk)}
            onDrag=${drag} onDropBefore=${column.id === "ready" ? drop : null} />`)}
        ${cards.length === 0 ? html`<p class="column-empty">${filter ? "Nothing matches." : column.empty}</p>` : null}
        ${more > 0 ? html`<button type="button" class="plain" onClick=${() => setAll(true)}>Show ${more} more</button>` : null}
      </div>
    </section>
  `;
}

/** For the search: who is at work. Units without an agent stay the same objects. */
function withAgent(unit, live) {
  const agent = live.get(unit.chunk)?.agent;
  if (!agent) return unit;
  const known = withAgent.known.get(unit);
  if (known?.agent === agent) return known;
  const card = { ...unit, agent };
  withAgent.known.set(unit, card);
  return card;
}
withAgent.known = new WeakMap();

/** Moves the focus from card to card. */
function focusCard(by, across) {
  const here = document.activeElement?.closest?.(".card");
  const lists = [...document.querySelectorAll(".column")].map((column) => [...column.querySelectorAll(".card")]);
  let column = lists.findIndex((cards) => cards.includes(here));
  if (column < 0) return lists.find((cards) => cards.length > 0)?.[0].focus();
  let row = lists[column].indexOf(here) + by;
  if (across) {
    do column += across; while (lists[column] && lists[column].length === 0);
    if (!lists[column]) return;
  }
  row = Math.max(0, Math.min(lists[column].length - 1, row));
  lists[column][row].focus();
}
