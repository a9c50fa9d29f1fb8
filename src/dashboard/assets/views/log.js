// The log of an attempt: parsed or raw, followed while it runs, and fluid however long it is, because only what is seen is drawn.

import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { plural } from "../lib/format.js";
import { Lines } from "../lib/lines.js";
import { isAtEnd, visible } from "../lib/window.js";
import { Log } from "../model/log.js";
import { of, request } from "../net/api.js";
import { useKeys } from "./keyboard.js";
import { Empty, Loading, Trouble } from "./parts.js";

const ROW = 20;
/** Raw text is shown in lines of at most so much; all of it is in the file. */
const LONG = 4_000;

/** The attempt to look at, and its log. */
export function LogTab({ chunk, attempts, error }) {
  const [number, choose] = useState(null);
  const [raw, setRaw] = useState(false);
  const attempt = attempts.find((attempt) => attempt.number === number) ?? attempts[attempts.length - 1];
  useKeys({ w: { does: "raw or parsed", run: () => setRaw((raw) => !raw) } });
  if (error && attempts.length === 0) return html`<${Trouble} error=${error} />`;
  if (!attempt) return html`<${Empty} title="No attempt yet.">The log begins with the first one.</${Empty}>`;
  return html`
    <div class="log-tools">
      <label class="sr" for="attempt">Attempt</label>
      <select id="attempt" value=${attempt.number} onChange=${(event) => choose(Number(event.target.value))}>
        ${attempts.map((attempt) => html`<option key=${attempt.number} value=${attempt.number}>${title(attempt)}</option>`)}
      </select>
      <label class="row"><input type="checkbox" checked=${raw} onChange=${(event) => setRaw(event.target.checked)} />Raw <kbd>w</kbd></label>
    </div>
    <${Stream} key=${`${chunk}/${attempt.number}/${raw}`} chunk=${chunk} attempt=${attempt} raw=${raw} />
  `;
}

function title({ number, phase, kind, agent, outcome, status }) {
  return `${number}. ${phase.toLowerCase()}${kind === "agent" ? "" : ` ${kind}`}${agent ? ` · ${agent}` : ""} · ${outcome ?? status}`;
}

function Stream({ chunk, attempt, raw }) {
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
    log.current = new Log(columnsOf(view.current));
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
      log.current.resize(columnsOf(view.current));
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
    G: { does: "to the end", run: () => setFollow(true) },
  });
  const { first, last } = visible(place.top, place.height, ROW, rows.length);
  return html`
    <div class="log" ref=${view} tabindex="0" role="log" aria-live="off" aria-label="Log" onScroll=${scrolled}>
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
  if (!row.folds) return html`<div class=${`log-row log-${row.look}`}>${row.text || " "}</div>`;
  return html`
    <div class=${`log-row log-${row.look}`}>
      <button type="button" aria-expanded=${row.isOpen} onClick=${() => toggle(row.at)}><i aria-hidden="true">${row.isOpen ? "▾" : "▸"}</i><b>${row.name}</b> <span>${row.text}</span></button>
    </div>
  `;
}

/** Characters that fit into a row. */
function columnsOf(box) {
  if (!box) return 100;
  const ruler = document.createElement("canvas").getContext("2d");
  const { fontFamily, fontSize } = getComputedStyle(box);
  ruler.font = `${fontSize} ${fontFamily}`;
  return Math.max(20, Math.floor((box.clientWidth - 32) / ruler.measureText("0").width));
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
