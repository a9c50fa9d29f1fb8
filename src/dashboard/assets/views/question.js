// One question: its options as buttons, words of one's own, or what was answered already.

import { html, useState } from "../vendor/preact.js";
import { draft, keep } from "./drafts.js";
import { Reason } from "./parts.js";

/** `question` is null where a reason asks for words. `given` is an answer on its way. */
export function Question({ id, question, reason, isOpen, given, takesWords, number, give }) {
  const [text, setText] = useState(draft(id));
  const [picked, setPicked] = useState([]);
  const type = (event) => {
    setText(event.target.value);
    keep(id, event.target.value);
  };
  const say = (event) => {
    event?.preventDefault();
    const words = [...picked, text.trim()].filter(Boolean).join(", ");
    if (!words) return;
    keep(id, "");
    give({ answer: words }, words);
  };
  const pressed = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) say(event);
  };
  const answered = question?.answer ?? given?.label;
  const title = html`<h3>${number ? html`<span class="muted">${number}. </span>` : null}${question?.header ? html`<span class="label">${question.header}</span>` : null}<span class="asked">${question ? question.question : html`<${Reason} text=${reason} isOpen />`}</span></h3>`;
  if (answered != null && given?.state !== "failed") return html`<div class="question">${title}<p class="answered">✓ ${answered}</p></div>`;
  const options = question?.options ?? [];
  return html`
    <form class=${`question${isOpen ? " is-open" : ""}`} onSubmit=${say}>
      ${title}
      ${options.length > 0
        ? html`<ol class="options">${options.map((option, at) => html`
            <li key=${option.label}>${question.multi_select
              ? html`<label class="option"><input type="checkbox" checked=${picked.includes(option.label)} onChange=${() => setPicked(toggled(picked, option.label))} /><${Label} option=${option} at=${at} isOpen=${isOpen} /></label>`
              : html`<button type="button" class="option" onClick=${() => give({ option: at + 1 }, option.label)}><${Label} option=${option} at=${at} isOpen=${isOpen} /></button>`}
            </li>`)}</ol>`
        : null}
      ${takesWords || question
        ? html`<div class="words">
            <label class="sr" for=${id}>${options.length > 0 ? "Another answer" : "Answer"}</label>
            <textarea id=${id} rows="2" value=${text} placeholder=${options.length > 0 ? "Or in your own words…" : "Your answer…"} onInput=${type} onKeyDown=${pressed}></textarea>
            <div class="words-foot">
              <span class="hint"><kbd>↵</kbd> sends, <kbd>shift</kbd> <kbd>↵</kbd> breaks the line</span>
              <button type="submit" class="primary" disabled=${!text.trim() && picked.length === 0}>Send</button>
            </div>
          </div>`
        : null}
      ${given?.error ? html`<p class="error" role="alert">${given.error}</p>` : null}
    </form>
  `;
}

function Label({ option, at, isOpen }) {
  return html`
    <kbd class=${isOpen ? "" : "quiet"}>${at + 1}</kbd>
    <span class="option-words"><strong>${option.label}</strong>${option.description ? html`<span class="muted">${option.description}</span>` : null}</span>
  `;
}

function toggled(list, value) {
  return list.includes(value) ? list.filter((other) => other !== value) : [...list, value];
}
