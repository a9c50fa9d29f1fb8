// What would land now, or what has landed: files and places.

import { html, useState } from "../vendor/preact.js";
import { of } from "../net/api.js";
import { plural, short } from "../lib/format.js";
import { head, lines, size } from "../model/diff.js";
import { memo, useJson } from "./hooks.js";
import { useKeys } from "./keyboard.js";
import { Empty, Loading, Trouble } from "./parts.js";

/** A file with more lines than this is folded at first. */
const LONG = 400;

/** The list of files beside their changes. */
export function Diff({ chunk, unit }) {
  const { value, error, loading } = useJson(of(chunk, "/diff"), unit.tip);
  const [folds, setFolds] = useState({});
  const move = (by) => {
    const files = [...document.querySelectorAll(".diff-file")];
    const here = files.findLastIndex((file) => file.getBoundingClientRect().top < innerHeight / 3);
    files[Math.max(0, Math.min(files.length - 1, here + by))]?.scrollIntoView();
  };
  useKeys({
    n: { does: "next file", repeats: true, run: () => move(1) },
    p: { does: "file before", repeats: true, run: () => move(-1) },
  });
  if (error) return html`<${Trouble} error=${error} />`;
  if (loading && !value) return html`<${Loading} rows=${8} />`;
  const { files } = value;
  if (files.length === 0) return html`<${Empty} title="No difference to the base.">What an agent commits is shown here after its attempt.</${Empty}>`;
  const isOpen = (file) => folds[file.path] ?? size(file) <= LONG;
  const show = (at) => {
    setFolds({ ...folds, [files[at].path]: true });
    document.getElementById(`file-${at}`).scrollIntoView();
  };
  return html`
    <div class="diff">
      <nav class="diff-files" aria-label="Files">
        <p class="muted">${value.landed ? "Landed" : "Would land"}${value.target ? html` on ${value.target}` : null}${value.from ? html` <code title=${value.from}>${short(value.from)}</code>` : null}</p>
        <p>${plural(files.length, "file")} <span class="plus num">+${value.additions}</span> <span class="minus num">−${value.deletions}</span></p>
        ${value.conflicts.length > 0 ? html`<p class="error">In conflict with ${value.target}: ${value.conflicts.join(", ")}</p>` : null}
        ${value.truncated ? html`<p class="muted">There is too much to show all of it; every file is named and counted.</p>` : null}
        <ul>${files.map((file, at) => html`<li key=${file.path}><button type="button" class="plain" onClick=${() => show(at)}><span class="path">${file.path}</span><span class="plus num">+${file.additions}</span><span class="minus num">−${file.deletions}</span></button></li>`)}</ul>
      </nav>
      <div class="diff-body">
        ${files.map((file, at) => html`<${File} key=${file.path} file=${file} id=${`file-${at}`} isOpen=${isOpen(file)} fold=${() => setFolds({ ...folds, [file.path]: !isOpen(file) })} />`)}
      </div>
    </div>
  `;
}

function File({ file, id, isOpen, fold }) {
  return html`
    <section id=${id} class="diff-file" aria-label=${file.path}>
      <h3><button type="button" class="plain" aria-expanded=${isOpen} onClick=${fold}><i aria-hidden="true">${isOpen ? "▾" : "▸"}</i>
        <span class="path">${file.old_path ? `${file.old_path} → ` : ""}${file.path}</span> ${file.status === "modified" ? null : html`<span class="pill count">${file.status}</span>`}</button></h3>
      ${isOpen && file.binary ? html`<p class="diff-note">It is no text.</p>` : null}
      ${isOpen ? file.hunks.map((hunk) => html`<${Hunk} key=${hunk.new_start} hunk=${hunk} />`) : null}
    </section>
  `;
}

const Hunk = memo(({ hunk }) => html`
  <table class="hunk">
    <caption>${head(hunk)}</caption>
    <colgroup><col class="at" /><col class="at" /><col /></colgroup>
    <tbody>
      ${lines(hunk).map((line, at) => html`
        <tr key=${at} class=${`line-${line.kind}`}>
          <td class="num">${line.old}</td><td class="num">${line.new}</td>
          <td><span class="sign">${SIGNS[line.kind] ?? " "}</span>${line.text}</td>
        </tr>`)}
    </tbody>
  </table>
`);

const SIGNS = { added: "+", removed: "−" };
