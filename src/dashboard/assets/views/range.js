// The stretch of time that a view shows, up to now.

import { html, useState } from "../vendor/preact.js";
import { useKeys } from "./keyboard.js";

const RANGES = [[1, "1 h"], [6, "6 h"], [24, "24 h"], [168, "7 d"], [720, "30 d"]];

/** The hours that were chosen last, kept under `name`, and how to choose others. */
export function useRange(name, usual) {
  const [hours, setHours] = useState(Number(sessionStorage.getItem(name)) || usual);
  const choose = (hours) => {
    sessionStorage.setItem(name, hours);
    setHours(hours);
  };
  return [hours, choose];
}

/** One button for each, with the digits as keys. */
export function Ranges({ hours, choose }) {
  useKeys(Object.fromEntries(RANGES.map(([hours, title], at) => [String(at + 1), { does: `last ${title}`, run: () => choose(hours) }])));
  return html`
    <div class="segments" role="group" aria-label="Stretch of time">
      ${RANGES.map(([value, title]) => html`<button key=${value} type="button" aria-pressed=${value === hours} onClick=${() => choose(value)}>${title}</button>`)}
    </div>
  `;
}
