// What can be done about an entry of the queue that is no unit's.

import { html, useRef } from "../vendor/preact.js";
import { order, refresher, tell, toast } from "../app.js";
import { clock, plural } from "../lib/format.js";
import { unit as unitAddress } from "../lib/route.js";
import { useKeys } from "./keyboard.js";
import { Chunk, When, confirm } from "./parts.js";
import { Trust } from "./trust.js";

/** The buttons of the entry, by its kind. */
export function Matter({ attention }) {
  switch (attention.kind) {
    case "conflict": return html`<${Pair} pair=${attention.pair} />`;
    case "limit":
    case "login": return html`<${Account} attention=${attention} />`;
    case "configuration": return html`<p><a class="button" href="#/control">Look at it on Control</a></p>`;
    case "trust": return html`<${Changed} />`;
    case "worktrees": return html`<${Worktrees} />`;
    default: return html`<p class="muted">The command has more: <code>ve orch attention</code></p>`;
  }
}

function Pair({ pair: [a, b] }) {
  const decide = async (verdict) => {
    await tell(a, "resolve", { other_chunk: b, verdict });
    refresher.part("attention");
  };
  useKeys({
    1: { does: "both at once", run: () => decide("parallelize") },
    2: { does: "one after the other", run: () => decide("serialize") },
  });
  return html`
    <div class="question">
      <h3><span class="asked">May <${Chunk} name=${a} /> and <${Chunk} name=${b} /> run at once?</span></h3>
      <ol class="options">
        <li><button type="button" class="option" onClick=${() => decide("parallelize")}><kbd>1</kbd><span class="option-words"><strong>Both at once</strong><span class="muted">what conflicts all the same is found when they land</span></span></button></li>
        <li><button type="button" class="option" onClick=${() => decide("serialize")}><kbd>2</kbd><span class="option-words"><strong>One after the other</strong><span class="muted">the second begins when the first has landed</span></span></button></li>
      </ol>
      <p><a href=${unitAddress(a, "conflicts")}>What the oracle knows about them</a></p>
    </div>
  `;
}

function Changed() {
  const box = useRef(null);
  useKeys({ y: { does: "accept the changed configuration", run: () => box.current.querySelector("button.primary")?.click() } });
  return html`<div ref=${box}><${Trust} hint=${html` <kbd>y</kbd>`} /></div>`;
}

function Account({ attention: { account, message, until } }) {
  const resume = async () => {
    await order("POST", `/accounts/${encodeURIComponent(account)}/resume`, `${account}: its units start again`);
    refresher.part("attention");
  };
  useKeys({ r: { does: "resume now", run: resume } });
  return html`
    <div class="question">
      ${message ? html`<p class="why">${message}</p>` : null}
      ${until ? html`<p>It goes on by itself <${When} at=${until} />, at ${clock(until)}.</p>` : html`<p>Log in on this machine, then resume.</p>`}
      <div class="row"><button type="button" class=${until ? "" : "primary"} onClick=${resume}>Resume now <kbd>r</kbd></button></div>
    </div>
  `;
}

function Worktrees() {
  const prune = async () => {
    const sure = await confirm({ title: "Prune worktrees?", does: "Prune", text: "Worktrees of units that have ended are removed. What is not landed is kept under refs/ve/ first." });
    const answer = sure && (await order("POST", "/work-units/prune", null));
    if (answer) toast(`${plural(answer.results.filter((result) => result.status === "pruned").length, "worktree")} pruned`);
    refresher.part("attention");
  };
  return html`<div class="row"><button type="button" onClick=${prune}>Prune…</button></div>`;
}
