// Small parts that many views use.

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { absolute, relative, words } from "../lib/format.js";
import { parts } from "../lib/reason.js";
import { unit as unitAddress } from "../lib/route.js";
import { inline } from "../model/markdown.js";
import { memo, useNow } from "./hooks.js";

/** Status as a shape, a colour and a word: never a colour alone. */
export const StatusBadge = memo(({ status, activity }) => html`
  <span class="status status-${words(status).replaceAll(" ", "-")}">
    <svg viewBox="0 0 12 12" aria-hidden="true"><path d=${SHAPES[status] ?? SHAPES.PENDING} /></svg>
    ${words(status)}${activity ? html`<span class="muted"> · ${activity}</span>` : null}
  </span>
`);

/** One shape per status: rings wait, triangles go, squares are held, ticks are through. */
const SHAPES = {
  PENDING: "M3 2h2v8H3zM7 2h2v8H7z",
  READY: "M6 1a5 5 0 100 10A5 5 0 006 1zm0 2a3 3 0 110 6 3 3 0 010-6z",
  ASSIGNED: "M6 1a5 5 0 000 10z M6 1a5 5 0 010 10V9a3 3 0 000-6z",
  RUNNING: "M3 1l8 5-8 5z",
  BLOCKED: "M1 1h10v10H1zM3 5v2h6V5z",
  NEEDS_ATTENTION: "M6 0l6 11H0zM5 4v3h2V4zM5 8v2h2V8z",
  DONE: "M1 6l2-2 2 2 4-5 2 2-6 7z",
  FAILED: "M2 1l4 4 4-4 1 1-4 4 4 4-1 1-4-4-4 4-1-1 4-4-4-4z",
  CANCELED: "M6 1a5 5 0 100 10A5 5 0 006 1zM3 5h6v2H3z",
};

/** A moment, relative, with the absolute one for whoever points at it. */
export function When({ at }) {
  const now = useNow();
  if (!at) return null;
  return html`<time datetime=${at} title=${absolute(at)}>${relative(at, now)}</time>`;
}

/** Time that passes since a moment, as `say` writes it. */
export function Since({ at, say }) {
  const now = useNow();
  if (!at) return null;
  return html`<time class="num" datetime=${at} title=${`since ${absolute(at)}`}>${say((now - Date.parse(at)) / 1000)}</time>`;
}

/** A name that may be broken behind its `_` and `-` only. */
export function Name({ text }) {
  return text.split(/(?<=[_-])/).map((part, at) => (at === 0 ? part : html`<wbr />${part}`));
}

/** A link to a unit's page. */
export function Chunk({ name, tab }) {
  return html`<a class="chunk" href=${unitAddress(name, tab)} title=${name}>${name}</a>`;
}

/** A reason: its first line, and what else there is as the output that it mostly is, folded, seen from its end. */
export function Reason({ text, isOpen }) {
  const { head, rest } = parts(text);
  const end = (box) => box && (box.scrollTop = box.scrollHeight);
  return html`${head}${rest === null ? null : html`<details class="output" open=${isOpen} onToggle=${({ currentTarget }) => end(currentTarget.lastChild)}><summary>Output</summary><pre tabindex="0" ref=${end}>${rest}</pre></details>`}`;
}

/** What is not there, or not yet. */
export function Empty({ title, children }) {
  return html`<div class="empty"><p class="empty-title">${title}</p>${children ? html`<p>${children}</p>` : null}</div>`;
}

/** What went wrong, in the daemon's words, and how to try again. */
export function Trouble({ error, retry }) {
  return html`
    <div class="trouble" role="alert">
      <p><strong>${error.message}</strong></p>
      ${error.hint ? html`<p>${error.hint}</p>` : null}
      ${retry ? html`<button type="button" onClick=${retry}>Try again</button>` : null}
    </div>
  `;
}

/** Grey bars where something will be. */
export function Loading({ rows = 3 }) {
  return html`<div class="loading" role="status" aria-label="Loading">${Array.from({ length: rows }, (_, at) => html`<span key=${at}></span>`)}</div>`;
}

/** Text with its `code`, strong and emphasised parts. */
export function Inline({ text }) {
  return inline(text).map(({ kind, text }) => {
    if (kind === "code") return html`<code>${text}</code>`;
    if (kind === "strong") return html`<strong>${text}</strong>`;
    return kind === "em" ? html`<em>${text}</em>` : text;
  });
}

/** A dialog that is open as long as it is there. Escape and a click beside it close it. */
export function Dialog({ title, close, children }) {
  const ref = useRef(null);
  useEffect(() => {
    const before = document.activeElement;
    ref.current.showModal();
    return () => before?.focus?.();
  }, []);
  const beside = (event) => {
    if (event.target === ref.current) close();
  };
  return html`
    <dialog ref=${ref} onCancel=${close} onClick=${beside} aria-labelledby="dialog-title">
      <div class="dialog-body"><h2 id="dialog-title">${title}</h2>${children}</div>
    </dialog>
  `;
}

let ask = null;

/** Asks for a confirmation; the answer is what was typed when `input` names a field, else true, or null. */
export function confirm(question) {
  return new Promise((resolve) => ask?.({ ...question, resolve }));
}

/** Where confirmations appear. */
export function Confirmations() {
  const [question, setQuestion] = useState(null);
  const [text, setText] = useState("");
  useEffect(() => {
    ask = (question) => {
      setText(question.value ?? "");
      setQuestion(question);
    };
  }, []);
  if (!question) return null;
  const finish = (answer) => {
    setQuestion(null);
    question.resolve(answer);
  };
  const submit = (event) => {
    event.preventDefault();
    finish(question.input ? text : true);
  };
  return html`
    <${Dialog} title=${question.title} close=${() => finish(null)}>
      <form onSubmit=${submit}>
        ${question.text ? html`<p>${question.text}</p>` : null}
        ${question.input
          ? html`<label>${question.input}<input value=${text} type=${question.kind ?? "text"} onInput=${(event) => setText(event.target.value)} autofocus /></label>`
          : null}
        <div class="row end">
          <button type="button" onClick=${() => finish(null)}>Keep as it is</button>
          <button type="submit" class=${question.danger ? "danger" : "primary"} autofocus=${!question.input}>${question.does}</button>
        </div>
      </form>
    </${Dialog}>
  `;
}
