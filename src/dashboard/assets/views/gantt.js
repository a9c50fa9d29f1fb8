// Lines of time: attempts as bars. One row for a unit's page, one per unit for the whole. Zoomed by wheel, buttons and keys.

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { absolute, clock, elapsed, words } from "../lib/format.js";
import { unit as unitAddress } from "../lib/route.js";
import { marks, place, within, zoomed } from "../model/chart.js";
import { useNow, useWidth } from "./hooks.js";
import { Empty } from "./parts.js";

const ROW = 26;
const BAR = 16;
const HEAD = 22;
/** Where the buttons are, at the right of the head. */
const TOOLS = 150;

/** A unit's attempts in one row. */
export function Attempts({ attempts }) {
  if (attempts.length === 0) return null;
  const chunk = "attempts";
  return html`<${Gantt} rows=${[{ chunk, attempts, marks: [], asks: [] }]} label=${0} from=${Date.parse(attempts[0].started_at)} />`;
}

/** Rows of `{chunk, attempts, marks, asks}` from a moment to now. `label` is the width of the names; `depends` names what each chunk waits for. */
export function Gantt({ rows, label, from, depends }) {
  const now = useNow();
  const [ref, full] = useWidth();
  const [shown, setShown] = useState(null);
  const dragged = useRef(null);
  const live = rows.some((row) => row.attempts.some((attempt) => !attempt.ended_at));
  const last = Math.max(from + 1000, ...rows.flatMap((row) => [
    ...row.attempts.map((attempt) => Date.parse(attempt.ended_at ?? attempt.started_at)), ...row.marks.map((mark) => mark.at),
  ]));
  const end = live ? Math.max(now, last) : last;
  const pad = (end - from) * 0.02 + 500;
  const bounds = { from: from - pad, to: end + pad };
  const view = shown ? within(shown, bounds) : bounds;
  const width = Math.max(100, full - label);
  const x = (at) => place(at, view.from, view.to, width);
  const zoom = (factor, at) => {
    const next = zoomed(view, factor, at ?? (view.from + view.to) / 2, bounds);
    setShown(next.to - next.from >= (bounds.to - bounds.from) * 0.995 ? null : next);
  };
  const moment = (event) => {
    const box = ref.current.getBoundingClientRect();
    return view.from + ((event.clientX - box.left - label) / width) * (view.to - view.from);
  };
  const wheel = useRef();
  wheel.current = (event) => {
    if (!event.ctrlKey && !event.metaKey && Math.abs(event.deltaX) <= Math.abs(event.deltaY)) return;
    event.preventDefault();
    const span = view.to - view.from;
    if (event.ctrlKey || event.metaKey) zoom(event.deltaY > 0 ? 1.25 : 0.8, moment(event));
    else if (shown) setShown(within({ from: view.from + (event.deltaX / width) * span, to: view.to + (event.deltaX / width) * span }, bounds));
  };
  useEffect(() => {
    const turn = (event) => wheel.current(event);
    const box = ref.current;
    box.addEventListener("wheel", turn, { passive: false });
    return () => box.removeEventListener("wheel", turn);
  }, []);
  const press = (event) => {
    if (!shown || event.button !== 0 || event.target.closest("a")) return;
    dragged.current = { x: event.clientX, view };
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const pull = (event) => {
    if (!dragged.current) return;
    const { x, view } = dragged.current;
    const by = ((x - event.clientX) / width) * (view.to - view.from);
    setShown(within({ from: view.from + by, to: view.to + by }, bounds));
  };
  const key = (event) => {
    const by = { "+": 0.7, "=": 0.7, "-": 1.4 }[event.key];
    const step = { ArrowLeft: -0.2, ArrowRight: 0.2 }[event.key];
    if (by) zoom(by);
    else if (step && shown) setShown(within({ from: view.from + step * (view.to - view.from), to: view.to + step * (view.to - view.from) }, bounds));
    else if (event.key === "0") setShown(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  if (rows.length === 0) return html`<${Empty} title="No attempt in this time." />`;
  const height = HEAD + rows.length * ROW;
  const { step, marks: ticks } = marks(view.from, view.to, width);
  const at = new Map(rows.map((row, place) => [row.chunk, place]));
  return html`
    <div class="gantt" ref=${ref} tabindex="0" role="group" aria-label="Attempts over time; plus and minus zoom, arrows move, 0 shows all" onKeyDown=${key}
      onPointerDown=${press} onPointerMove=${pull} onPointerUp=${() => (dragged.current = null)}>
      <div class="gantt-tools">
        <button type="button" class="plain" aria-label="Zoom in" onClick=${() => zoom(0.5)}>+</button>
        <button type="button" class="plain" aria-label="Zoom out" disabled=${!shown} onClick=${() => zoom(2)}>−</button>
        <button type="button" class="plain" disabled=${!shown} onClick=${() => setShown(null)}>all</button>
      </div>
      ${full > 0 ? html`
        <svg width=${full} height=${height} class=${shown ? "can-pan" : ""}>
          <defs><clipPath id="plot"><rect x=${label} y="0" width=${width} height=${height} /></clipPath></defs>
          ${label > 0 ? rows.map((row, place) => html`
            <a key=${row.chunk} href=${unitAddress(row.chunk)}><text class="gantt-name" x="0" y=${HEAD + place * ROW + 17}>${row.chunk.length > label / 7.2 ? `${row.chunk.slice(0, Math.floor(label / 7.2) - 1)}…` : row.chunk}<title>${row.chunk}</title></text></a>`) : null}
          <g transform=${`translate(${label} 0)`}>
            ${ticks.map((tick) => html`<g key=${tick} class="tick"><line x1=${x(tick)} x2=${x(tick)} y1=${HEAD - 4} y2=${height} /><text x=${x(tick) + 3} y="12">${x(tick) < width - TOOLS ? tickText(tick, step) : ""}</text></g>`)}
          </g>
          <g clip-path="url(#plot)"><g transform=${`translate(${label} 0)`}>
            ${rows.map((row, place) => html`<g key=${row.chunk} transform=${`translate(0 ${HEAD + place * ROW + (ROW - BAR) / 2})`}>
              ${row.attempts.map((attempt) => html`<${Bar} key=${attempt.id} attempt=${attempt} x=${x} now=${end} />`)}
              ${row.asks.map((ask) => html`<rect key=${ask.from} class="asks" x=${x(ask.from)} y=${BAR - 4} width=${Math.max(1, x(ask.to ?? end) - x(ask.from))} height="4"><title>waited for you ${elapsed(((ask.to ?? end) - ask.from) / 1000)}</title></rect>`)}
              ${row.marks.map((mark) => html`<path key=${mark.at} class=${`mark mark-${mark.status.toLowerCase()}`} d=${MARKS[mark.status]} transform=${`translate(${x(mark.at)} ${BAR / 2})`}><title>${words(mark.status)} ${absolute(mark.at)}</title></path>`)}
            </g>`)}
            ${depends ? arrows(rows, depends, at, x) : null}
          </g></g>
        </svg>` : null}
    </div>
  `;
}

const MARKS = { DONE: "M0-7L6 0L0 7L-6 0z", FAILED: "M-5-5L5 5M5-5L-5 5", CANCELED: "M-5 0H5" };

function Bar({ attempt, x, now }) {
  const begin = Date.parse(attempt.started_at);
  const over = attempt.ended_at ? Date.parse(attempt.ended_at) : now;
  const width = Math.max(2, x(over) - x(begin));
  const failed = ["failed", "crashed"].includes(attempt.outcome);
  const what = attempt.kind === "agent" ? attempt.phase.toLowerCase() : attempt.kind;
  const kind = attempt.kind === "agent" ? attempt.phase.toLowerCase() : "gate";
  return html`
    <g class=${`bar phase-${kind}${attempt.ended_at ? "" : " live"}${failed ? " failed" : ""}`}>
      <rect x=${x(begin)} width=${width} height=${BAR} rx="2"></rect>
      ${width > what.length * 6.4 + 8 ? html`<text x=${x(begin) + 4} y="12">${what}</text>` : null}
      <title>${attempt.number}. ${what}${attempt.agent ? ` by ${attempt.agent}` : ""}: ${attempt.outcome ?? attempt.status}, ${elapsed((over - begin) / 1000)}, from ${absolute(attempt.started_at)}${attempt.error ? ` – ${attempt.error}` : ""}</title>
    </g>
  `;
}

/** From where a chunk landed to where the one that waited for it began. */
function arrows(rows, depends, at, x) {
  return rows.flatMap((row, to) => (depends.get(row.chunk) ?? []).map((other) => {
    const from = at.get(other);
    if (from === undefined || row.attempts.length === 0) return null;
    const landed = rows[from].marks.find((mark) => mark.status === "DONE");
    if (!landed) return null;
    const middle = (place) => HEAD + place * ROW + ROW / 2;
    const [x1, x2] = [x(landed.at) + 6, x(Date.parse(row.attempts[0].started_at))];
    return html`<path key=${`${other}-${row.chunk}`} class="depends" d=${`M${x1} ${middle(from)}C${x1 + 14} ${middle(from)} ${x2 - 14} ${middle(to)} ${x2} ${middle(to)}`} />`;
  }));
}

function tickText(at, step) {
  const time = new Date(at);
  if (step < 60_000) return time.toLocaleTimeString(undefined, { hour12: false });
  return step >= 86_400_000 ? time.toLocaleDateString(undefined, { day: "numeric", month: "short" }) : clock(at);
}
