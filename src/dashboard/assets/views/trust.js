// What the committed configuration would change in sensitive settings, to be accepted or not.

import { html, useState } from "../vendor/preact.js";
import { refresher, toast } from "../app.js";
import { send } from "../net/api.js";
import { useJson, usePulse } from "./hooks.js";
import { Loading, Trouble } from "./parts.js";

/** The difference, and the way to accept exactly it. */
export function Trust({ hint }) {
  const [again, look] = useState(0);
  const { value, error, loading } = useJson("/trust", `${again}/${usePulse(30)}`);
  const accept = async () => {
    try {
      await send("POST", "/trust", { digest: value.digest });
      toast("the committed configuration is accepted");
    } catch (refused) {
      toast(refused.words ?? String(refused), "error");
    }
    look(again + 1);
    refresher.part("attention");
  };
  return html`
    <section class="panel" aria-labelledby="trust">
      <h2 id="trust">Trust</h2>
      ${error && !value ? html`<${Trouble} error=${error} />` : null}
      ${loading && !value ? html`<${Loading} />` : null}
      ${value?.accepted ? html`<p class="muted">All sensitive settings of the committed configuration are accepted.</p>` : null}
      ${value && !value.accepted ? html`<p>These changes do not count until you accept them:</p><pre class="tail" tabindex="0">${value.diff.split("\n").map((line, at) => html`<span key=${at} class=${LOOKS[line[0]] ?? ""}>${line || " "}</span>`)}</pre><div class="row end"><button type="button" class="primary" onClick=${accept}>Accept exactly this${hint}</button></div>` : null}
    </section>
  `;
}

const LOOKS = { "+": "line-added", "-": "line-removed" };
