// Goal and plan as they stand at the unit's tip, rendered; frontmatter folded.

import { html } from "../vendor/preact.js";
import { of } from "../net/api.js";
import { short } from "../lib/format.js";
import { blocks, split } from "../model/markdown.js";
import { useJson } from "./hooks.js";
import { Empty, Inline, Loading, Trouble } from "./parts.js";

/** Both documents, side by side where there is room. */
export function Documents({ chunk, version }) {
  const { value, error, loading } = useJson(of(chunk, "/documents"), version);
  if (error) return html`<${Trouble} error=${error} />`;
  if (loading && !value) return html`<${Loading} rows=${6} />`;
  if (!value.goal && !value.plan) return html`<${Empty} title="There are no documents.">The chunk has no GOAL.md on the base branch or in its work.</${Empty}>`;
  return html`
    <div class="documents">
      <${Document} title="Goal" text=${value.goal} />
      <${Document} title="Plan" text=${value.plan} />
    </div>
    <p class="muted">As of commit <code>${short(value.commit)}</code>.</p>
  `;
}

function Document({ title, text }) {
  if (!text) return html`<section class="document"><h2>${title}</h2><p class="muted">Not written yet.</p></section>`;
  const { front, body } = split(text);
  return html`
    <section class="document">
      <h2>${title}</h2>
      ${front ? html`<details><summary>Frontmatter</summary><pre>${front}</pre></details>` : null}
      <div class="prose"><${Blocks} list=${blocks(body)} /></div>
    </section>
  `;
}

function Blocks({ list }) {
  return list.map((block, at) => html`<${Block} key=${at} block=${block} />`);
}

function Block({ block }) {
  switch (block.kind) {
    case "heading": {
      const Level = `h${Math.min(6, block.level + 2)}`;
      return html`<${Level}><${Inline} text=${block.text} /></${Level}>`;
    }
    case "code":
      return html`<pre>${block.text}</pre>`;
    case "rule":
      return html`<hr />`;
    case "quote":
      return html`<blockquote><${Blocks} list=${block.blocks} /></blockquote>`;
    case "list":
      return html`<ul>${block.items.map((item, at) => html`<li key=${at} class=${`depth-${item.depth}`}><span aria-hidden="true">${item.done === null ? item.mark : item.done ? "☑" : "☐"}</span><span>${item.done === null ? null : html`<span class="sr">${item.done ? "done: " : "open: "}</span>`}<${Inline} text=${item.text} /></span></li>`)}</ul>`;
    case "table":
      return html`<table><thead><tr>${block.head.map((cell, at) => html`<th key=${at}><${Inline} text=${cell} /></th>`)}</tr></thead><tbody>${block.rows.map((row, at) => html`<tr key=${at}>${row.map((cell, place) => html`<td key=${place}><${Inline} text=${cell} /></td>`)}</tr>`)}</tbody></table>`;
    default:
      return html`<p><${Inline} text=${block.text} /></p>`;
  }
}
