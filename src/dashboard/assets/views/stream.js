// What an attempt printed: followed while it runs, and fluid however long it is, because only what is seen is drawn.

import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { absolute, plural, seconds } from "../lib/format.js";
import { Lines } from "../lib/lines.js";
import { isAtEnd, visible } from "../lib/window.js";
import { Log } from "../model/log.js";
import { of, request } from "../net/api.js";
import { useKeys } from "./keyboard.js";
import { Empty, Loading, Trouble } from "./parts.js";

const ROW = 20;
/** Raw text is shown in lines of at most so much; all of it is in the file. */
const LONG = 4_000;
/** Characters before each row of a parsed log, for the time; a narrow one has none. */
const MARGIN = 10;
const NARROW = 60;

/** The log of an attempt, parsed or `raw`. */
export function Stream({ chunk, attempt, raw }) {
  const view = useRef(null);
  const log = useRef(null);
  const [, redraw] = useState(0);
  const [follow, setFollow] = useState(true);
  const [state, setState] = useState({ loading: true, error: null });
  const [place, setPlace] = useState({ top: 0, height: 600 });
  const [again, retry] = useState(0);
  if (!log.current) log.current = new Log(100);
  const draw = () => redraw((count) => count + 1);

  useEffect(() => {
    const abort = new AbortController();
    log.current = new Log(columnsOf(view.current, raw));
    setState({ loading: true, error: null });
    read(chunk, attempt, raw, abort.signal, (entries) => {
      log.current.push(entries);
      setState((state) => (state.loading ? { loading: false, error: null } : state));
      draw();
    }).then(
      () => setState({ loading: false, error: null }),
      (error) => error.name !== "AbortError" && setState({ loading: false, error }),
    );
    return () => abort.abort();
    // An attempt that ends while it is followed tells its end in the stream; nothing is read anew.
  }, [chunk, attempt.number, raw, again]);

  useEffect(() => {
    const observer = new ResizeObserver(() => {
      log.current.resize(columnsOf(view.current, raw));
      setPlace({ top: view.current.scrollTop, height: view.current.clientHeight });
    });
    observer.observe(view.current);
    return () => observer.disconnect();
  }, []);

  const { rows } = log.current;
  useLayoutEffect(() => {
    if (follow && view.current) view.current.scrollTop = view.current.scrollHeight;
  }, [rows.length, follow, place.height]);

  const scrolled = ({ currentTarget: box }) => {
    setPlace({ top: box.scrollTop, height: box.clientHeight });
    setFollow(isAtEnd(box.scrollTop, box.clientHeight, box.scrollHeight));
  };
  const toggle = (at) => {
    setFollow(false);
    log.current.toggle(at);
    draw();
  };
  const jump = (to) => {
    view.current.scrollTop = to;
    view.current.focus();
  };
  useKeys({
    f: { does: "follow the end", run: () => setFollow(true) },
    home: { does: "to the beginning", run: () => jump(0) },
    end: { does: "to the end", run: () => setFollow(true) },
  });
  const { first, last } = visible(place.top, place.height, ROW, rows.length);
  return html`
    <div class=${`log${raw ? "" : " log-timed"}`} ref=${view} tabindex="0" role="log" aria-live="off" aria-label="Log" onScroll=${scrolled}>
      <svg class="log-space" width="1" height=${rows.length * ROW} aria-hidden="true"></svg>
      <div class="log-rows" ref=${(box) => box && (box.style.transform = `translateY(${first * ROW}px)`)}>
        ${rows.slice(first, last).map((row, at) => html`<${Row} key=${first + at} row=${row} toggle=${toggle} />`)}
      </div>
      ${rows.length === 0 && !state.error ? (state.loading ? html`<${Loading} />` : html`<${Empty} title="This attempt has printed nothing." />`) : null}
    </div>
    ${state.error ? html`<${Trouble} error=${state.error} retry=${() => retry(again + 1)} />` : null}
    <div class="log-foot">
      <span class="num">${plural(rows.length, "line")}</span>
      ${follow ? html`<span>${attempt.ended_at ? "at the end" : "following"}</span>` : html`<button type="button" onClick=${() => setFollow(true)}>${attempt.ended_at ? "To the end" : "Follow"} <kbd>f</kbd></button>`}
    </div>
  `;
}

function Row({ row, toggle }) {
  const when = row.when ? html`<time datetime=${row.when} title=${absolute(row.when)}>${seconds(row.when)}</time>` : null;
  if (!row.folds) return html`<div class=${`log-row log-${row.look}`}>${when}${row.text || " "}</div>`;
  return html`
    <div class=${`log-row log-${row.look}`}>
      ${when}<button type="button" aria-expanded=${row.isOpen} onClick=${() => toggle(row.at)}><i aria-hidden="true">${row.isOpen ? "▾" : "▸"}</i><b>${row.name}</b> <span>${row.text}</span></button>
    </div>
  `;
}

/** Characters of text that fit into a row. */
function columnsOf(box, raw) {
  if (!box) return 100;
  const ruler = document.createElement("canvas").getContext("2d");
  const { fontFamily, fontSize } = getComputedStyle(box);
  ruler.font = `${fontSize} ${fontFamily}`;
  const columns = Math.floor((box.clientWidth - 32) / ruler.measureText("0").width);
  box.classList.toggle("is-narrow", columns < NARROW);
  return Math.max(20, raw || columns < NARROW ? columns : columns - MARGIN);
}

/** Reads a log and goes on while the attempt lives. Tells entries in heaps, so that drawing keeps up. */
async function read(chunk, attempt, raw, signal, tell) {
  const live = !attempt.ended_at;
  const query = raw ? `?attempt=${attempt.number}` : `?attempt=${attempt.number}${live ? "&follow=true" : ""}`;
  const answer = await request("GET", of(chunk, (raw ? "/log" : "/transcript") + query), undefined, { signal });
  const lines = new Lines();
  const entry = (line) => (raw ? { kind: "text", text: line.slice(0, LONG) } : JSON.parse(line));
  let heap = [];
  let timer = null;
  const flush = () => {
    timer = null;
    if (heap.length > 0 && !signal.aborted) tell(heap);
    heap = [];
  };
  const reader = answer.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    const found = done ? lines.finish() : lines.push(value);
    for (const line of found) if (raw || line) heap.push(entry(line));
    if (heap.length > 0 && timer === null) timer = setTimeout(flush, 100);
    if (done) break;
  }
  clearTimeout(timer);
  flush();
}
