// What the machine has left, with the floors below which nothing is dispatched.

import { html } from "../vendor/preact.js";
import { bytes } from "../lib/format.js";
import { useJson, usePulse } from "./hooks.js";
import { Loading, Trouble } from "./parts.js";

/** Memory, disk and load. */
export function Machine() {
  const { value, error, loading } = useJson("/machine", usePulse(5));
  return html`
    <section class="panel" aria-labelledby="machine">
      <h2 id="machine">Machine</h2>
      ${error && !value ? html`<${Trouble} error=${error} />` : null}
      ${loading && !value ? html`<${Loading} />` : null}
      ${value ? html`
        <${Gauge} name="Memory" free=${value.memory_free} total=${value.memory_total} floor=${value.memory_floor} />
        <${Gauge} name="Disk" free=${value.disk_free} total=${value.disk_total} floor=${value.disk_floor} />
        ${value.load ? html`<p class="gauge-line"><span>Load</span><span class="num">${value.load.map((load) => load.toFixed(1)).join(" · ")}${value.cores ? html` <span class="muted">on ${value.cores} cores</span>` : null}</span></p>` : null}` : null}
    </section>
  `;
}

function Gauge({ name, free, total, floor }) {
  if (free === null || !total) return html`<p class="gauge-line"><span>${name}</span><span class="muted">cannot be measured</span></p>`;
  const low = free < floor;
  return html`
    <div class=${`gauge${low ? " low" : ""}`}>
      <p class="gauge-line"><span>${name}</span><span class="num">${bytes(free)} free <span class="muted">of ${bytes(total)}</span></span></p>
      <svg viewBox="0 0 100 4" preserveAspectRatio="none" role="img" aria-label=${`${name}: ${Math.round((100 * (total - free)) / total)} % used`}>
        <rect class="gauge-ground" width="100" height="4" /><rect class="gauge-used" width=${(100 * (total - free)) / total} height="4" />
        <rect class="gauge-floor" x=${100 - (100 * floor) / total} width="0.6" height="4" />
      </svg>
      ${low ? html`<p class="error">Below the floor of ${bytes(floor)}: nothing is dispatched.</p>` : null}
    </div>
  `;
}
