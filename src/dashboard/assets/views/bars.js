// Small charts of one row: bars per stretch of time, and steps.

import { html } from "../vendor/preact.js";
import { clock } from "../lib/format.js";
import { place } from "../model/chart.js";
import { useWidth } from "./hooks.js";

const HEIGHT = 56;

/** Sums per stretch of time from `from` on, each `size` milliseconds. */
export function Bars({ title, values, from, size, say }) {
  const [ref, width] = useWidth();
  const most = Math.max(...values, 0);
  const each = width / Math.max(1, values.length);
  return html`
    <figure class="chart" ref=${ref}>
      <figcaption>${title} <span class="muted num">${most > 0 ? `at most ${say(most)}` : "none"}</span></figcaption>
      <svg width=${width} height=${HEIGHT} role="img" aria-label=${`${title}: at most ${say(most)} in one stretch`}>
        ${values.map((value, at) => value > 0 ? html`<rect key=${at} x=${at * each + 0.5} width=${Math.max(1, each - 1)} y=${HEIGHT - 1 - (value / most) * (HEIGHT - 4)} height=${(value / most) * (HEIGHT - 4)}><title>${clock(from + at * size)}–${clock(from + (at + 1) * size)}: ${say(value)}</title></rect>` : null)}
        <line x1="0" x2=${width} y1=${HEIGHT - 0.5} y2=${HEIGHT - 0.5} />
      </svg>
    </figure>
  `;
}

/** A count that changes in steps. */
export function Steps({ title, steps, from, to }) {
  const [ref, width] = useWidth();
  const most = Math.max(...steps.map((step) => step.busy), 1);
  const y = (busy) => HEIGHT - 1 - (busy / most) * (HEIGHT - 4);
  const x = (at) => place(Math.max(from, at), from, to, width);
  const line = steps.map((step, at) => `${at === 0 ? `M0 ${y(0)}H${x(step.at)}` : `H${x(step.at)}`}V${y(step.busy)}`).join("");
  return html`
    <figure class="chart" ref=${ref}>
      <figcaption>${title} <span class="muted num">at most ${most}</span></figcaption>
      <svg width=${width} height=${HEIGHT} role="img" aria-label=${`${title}: at most ${most}`}>
        <path d=${`${line}H${width}V${HEIGHT}H0z`} />
        <line x1="0" x2=${width} y1=${HEIGHT - 0.5} y2=${HEIGHT - 0.5} />
      </svg>
    </figure>
  `;
}
