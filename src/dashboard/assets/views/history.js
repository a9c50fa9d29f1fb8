// Every change of status: when, what, who and why. The newest first, for that is what one looks for.

import { html } from "../vendor/preact.js";
import { absolute, relative } from "../lib/format.js";
import { of } from "../net/api.js";
import { useJson, useNow } from "./hooks.js";
import { Loading, Reason, StatusBadge, Trouble } from "./parts.js";

/** The changes of one unit. */
export function History({ chunk, version, attempts }) {
  const { value, error, loading } = useJson(of(chunk, "/history"), version);
  const now = useNow();
  const numbers = new Map(attempts.map((attempt) => [`attempt ${attempt.id}`, attempt.number]));
  if (error) return html`<${Trouble} error=${error} />`;
  if (loading && !value) return html`<${Loading} rows=${6} />`;
  return html`
    <div class="scroll">
      <table class="facts-table">
        <thead><tr><th>When</th><th>Status</th><th>Phase</th><th>Who</th><th>Why</th></tr></thead>
        <tbody>
          ${value.history.toReversed().map((change, at) => html`
            <tr key=${value.history.length - at}>
              <td><time datetime=${change.timestamp} title=${absolute(change.timestamp)}>${relative(change.timestamp, now)}</time></td>
              <td><${StatusBadge} status=${change.new_status} /></td>
              <td>${change.phase?.toLowerCase()}</td>
              <td title=${change.who}>${numbers.has(change.who) ? `attempt ${numbers.get(change.who)}` : change.who}</td>
              <td class="wide"><${Reason} text=${change.why} /></td>
            </tr>`)}
        </tbody>
      </table>
    </div>
  `;
}
