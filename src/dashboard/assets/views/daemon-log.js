// The end of the daemon's log, followed as long as one looks at its end.

import { html, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { isAtEnd } from "../lib/window.js";
import { useJson, usePulse } from "./hooks.js";
import { Trouble } from "./parts.js";

/** The last lines, those of trouble marked. */
export function DaemonLog() {
  const { value, error } = useJson("/log?lines=300", usePulse(4));
  const [only, setOnly] = useState(false);
  const box = useRef(null);
  const end = useRef(true);
  const known = useRef([]);
  if (value) known.current = value.lines;
  const lines = known.current.filter((line) => !only || look(line) !== "");
  useLayoutEffect(() => {
    if (end.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines.length, lines[lines.length - 1]]);
  const scrolled = ({ currentTarget: at }) => {
    end.current = isAtEnd(at.scrollTop, at.clientHeight, at.scrollHeight);
  };
  return html`
    <section class="panel" aria-labelledby="daemon-log">
      <div class="row"><h2 id="daemon-log">The daemon's log</h2><span class="spacer"></span><label class="row"><input type="checkbox" checked=${only} onChange=${(event) => setOnly(event.target.checked)} />Only warnings and errors</label></div>
      ${error && lines.length === 0 ? html`<${Trouble} error=${error} />` : html`
        <pre class="tail" ref=${box} tabindex="0" aria-label="Log lines" onScroll=${scrolled}>${lines.length === 0 ? (only ? "No warning and no error." : "Empty.") : lines.map((line, at) => html`<span key=${at} class=${look(line)}>${line || " "}</span>`)}</pre>`}
    </section>
  `;
}

function look(line) {
  if (/\bERROR\b/.test(line)) return "tail-error";
  return /\bWARN\b/.test(line) ? "tail-warn" : "";
}
