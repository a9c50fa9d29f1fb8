// The log of an attempt: which one, parsed or raw.

import { html, useState } from "../vendor/preact.js";
import { useKeys } from "./keyboard.js";
import { Empty, Trouble } from "./parts.js";
import { Stream } from "./stream.js";

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

function title({ number, phase, kind, agent, command, outcome, status }) {
  return [`${number}. ${phase.toLowerCase()}${kind === "agent" ? "" : ` ${kind}`}`, agent ?? command, outcome ?? status].filter(Boolean).join(" · ");
}
