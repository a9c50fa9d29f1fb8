// Answers on their way: what was said, how long it can be taken back, and what went wrong.

import { html } from "../vendor/preact.js";
import { sendAgain, store, undo } from "../app.js";
import { useNow, useStore } from "./hooks.js";
import { useKeys } from "./keyboard.js";

/** The answers that were just given. */
export function Outbox() {
  const outbox = useStore((state) => state.outbox);
  const now = useNow();
  const last = () => store.get().outbox.findLast((entry) => entry.state !== "sending");
  useKeys({ u: { does: "take back the last answer", run: () => last() && undo(last().key) } });
  if (outbox.length === 0) return null;
  return html`
    <ul class="outbox" aria-live="polite">
      ${outbox.map((entry) => html`
        <li key=${entry.key} class=${`sending-${entry.state}`}>
          <span class="sent-what"><strong>${entry.chunk}</strong> ← ${entry.label}</span>
          <span class="muted">${told(entry, now)}</span>
          ${entry.state === "failed" ? html`<button type="button" onClick=${() => sendAgain(entry.key)}>Again</button>` : null}
          ${entry.state === "sending" ? null : html`<button type="button" onClick=${() => undo(entry.key)}>${entry.state === "failed" ? "Dismiss" : html`Undo <kbd>u</kbd>`}</button>`}
        </li>
      `)}
    </ul>
  `;
}

function told(entry, now) {
  if (entry.state === "sending") return "sending…";
  if (entry.error) return entry.error;
  return `goes to the agent in ${Math.max(0, Math.ceil((entry.due - now) / 1000))} s`;
}
