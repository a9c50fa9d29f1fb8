// One entry of the queue, open: what is asked, by whom, what it holds up, and every way to go on.

import { html, useEffect, useRef } from "../vendor/preact.js";
import { answer } from "../app.js";
import { elapsed, plural, short } from "../lib/format.js";
import { unit as unitAddress } from "../lib/route.js";
import { keyOf } from "../model/outbox.js";
import { Excerpt } from "./excerpt.js";
import { useStore } from "./hooks.js";
import { useKeys } from "./keyboard.js";
import { Matter } from "./matter.js";
import { Chunk, Inline, Since } from "./parts.js";
import { Question } from "./question.js";
import { DANGERS, MEANINGS, TITLES, act } from "./verbs.js";

/** The open entry. */
export function Ask({ item }) {
  const outbox = useStore((state) => state.outbox);
  const box = useRef(null);
  const { attention, chunk } = item;
  const questions = attention.questions.length > 0 || !chunk ? attention.questions : [null];
  const isAnswered = (at) => questions[at]?.answer != null || outbox.some((entry) => entry.key === keyOf(item, at) && entry.state !== "failed");
  const open = questions.findIndex((_, at) => !isAnswered(at));
  const options = questions[open]?.options ?? [];
  const takesWords = attention.verbs.includes("answer");
  const verbs = chunk ? attention.verbs.filter((verb) => verb !== "answer") : [];
  const give = (at, body, label) => answer(item, at, questions.length > 1 ? { ...body, item: at + 1 } : body, label);
  const choice = (number) => ({
    does: number === 1 && options.length > 0 ? "1–9: take that option" : null,
    run: () => {
      const option = options[number - 1];
      if (option && !questions[open].multi_select) give(open, { option: number }, option.label);
      else if (option) box.current?.querySelectorAll(".question.is-open input[type=checkbox]")[number - 1]?.click();
    },
  });
  useKeys({
    ...Object.fromEntries(Array.from({ length: chunk ? 9 : 0 }, (_, at) => [String(at + 1), choice(at + 1)])),
    a: { does: takesWords ? "answer in words" : null, run: () => box.current?.querySelector(".question.is-open textarea")?.focus() },
    ...(chunk ? { r: { does: verbs.includes("retry") ? "retry" : null, run: () => verbs.includes("retry") && act(item, "retry") } } : {}),
    y: { does: verbs.includes("approve") ? "approve" : null, run: () => verbs.includes("approve") && act(item, "approve") },
    x: { does: verbs.includes("cancel") ? "cancel" : null, run: () => verbs.includes("cancel") && act(item, "cancel") },
    d: { does: chunk ? "open the diff" : null, run: () => chunk && (location.hash = unitAddress(chunk, "diff")) },
    escape: { does: "leave the text field", run: () => document.activeElement?.blur() },
  });
  useEffect(() => {
    box.current?.scrollTo?.(0, 0);
  }, [item.id]);
  return html`
    <section class="ask" ref=${box} aria-labelledby="ask-title">
      <header class="ask-head">
        <h2 id="ask-title">${chunk ? html`<${Chunk} name=${chunk} />` : item.title}</h2>
        <p class="facts">
          <span class="kind">${attention.kind}</span>
          ${item.phase ? html`<span>${item.phase.toLowerCase()}</span>` : null}
          <span>waits <${Since} at=${attention.since} say=${elapsed} /></span>
          ${item.blocks_count > 0 ? html`<span class="fact-strong">blocks ${plural(item.blocks_count, "unit")}</span>` : null}
        </p>
      </header>
      ${item.goal_summary ? html`<p class="goal"><span class="label">Goal</span><${Inline} text=${item.goal_summary} /></p>` : null}
      ${item.blocks_count > 0 ? html`<p class="goal"><span class="label">Frees</span>${item.blocks.slice(0, NAMED).map((name) => html`<${Chunk} key=${name} name=${name} /> `)}${item.blocks_count > NAMED ? `and ${item.blocks_count - NAMED} more` : null}</p>` : null}
      ${questions.map((question, at) => html`
        <${Question}
          key=${keyOf(item, at)} id=${keyOf(item, at)} question=${question} reason=${attention.reason} isOpen=${at === open}
          given=${outbox.find((entry) => entry.key === keyOf(item, at))} takesWords=${takesWords} number=${questions.length > 1 ? at + 1 : null}
          give=${(body, label) => give(at, body, label)} />
      `)}
      ${chunk ? null : html`<p class="asked">${attention.reason}</p><${Matter} attention=${attention} />`}
      <${Details} attention=${attention} />
      ${chunk && SPEAKERS.has(attention.kind) ? html`<${Excerpt} chunk=${chunk} since=${attention.since} />` : null}
      <footer class="ask-foot">
        ${verbs.map((verb) => html`
          <button key=${verb} type="button" class=${DANGERS.has(verb) ? "danger-quiet" : ""} title=${MEANINGS[verb] ?? ""} onClick=${() => act(item, verb)}>
            ${TITLES[verb] ?? verb}${KEYS[verb] ? html` <kbd>${KEYS[verb]}</kbd>` : null}
          </button>
        `)}
        <span class="spacer"></span>
        ${chunk ? html`<a class="button" href=${unitAddress(chunk, "diff")}>Diff <kbd>d</kbd></a><a class="button" href=${unitAddress(chunk)}>Log <kbd>↵</kbd></a>` : null}
      </footer>
    </section>
  `;
}

/** So many of the units that an answer frees are named. */
const NAMED = 8;

/** Kinds of entries that an agent's end led to. */
const SPEAKERS = new Set(["question", "permission", "review", "failure", "completion", "no change"]);

const KEYS = { retry: "r", approve: "y", cancel: "x" };

/** What else decides: the commit that would be approved, what it changes, what will not come. */
function Details({ attention }) {
  const { tip, paths, lost } = attention;
  if (!tip && !paths?.length && !lost?.length) return null;
  return html`
    <dl class="details">
      ${tip ? html`<div><dt>Commit</dt><dd><code title=${tip}>${short(tip)}</code></dd></div>` : null}
      ${paths?.length ? html`<div><dt>Sensitive changes</dt><dd><ul>${paths.map((path) => html`<li key=${path}><code>${path}</code></li>`)}</ul></dd></div>` : null}
      ${lost?.length ? html`<div><dt>Ended without their work</dt><dd>${lost.map((chunk) => html`<${Chunk} key=${chunk} name=${chunk} /> `)}</dd></div>` : null}
    </dl>
  `;
}
