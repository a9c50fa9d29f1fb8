// Keys: each view names what its keys do; `?` shows all that count now.

import { useLayoutEffect, useRef } from "../vendor/preact.js";
import { isActive, name } from "../lib/keys.js";

/** Bindings that count now, the innermost last: `{key: {does, run, repeats}}`. A key that is held down counts once, unless it `repeats`. */
const layers = [];

/** All bindings that count now, as `[key, does]`. */
export function bindings() {
  const all = new Map();
  for (const layer of layers) for (const [key, { does }] of Object.entries(layer.current)) if (does) all.set(key, does);
  return [...all];
}

/** Binds keys as long as the component is there: from when it is drawn on, which is outer ones first, so that no key is lost or another one's. */
export function useKeys(keys) {
  const layer = useRef(null);
  if (layer.current === null) layers.push(layer);
  layer.current = keys;
  useLayoutEffect(() => () => layers.splice(layers.indexOf(layer), 1), []);
}

addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]") && event.key !== "Escape") return;
  const key = name(event);
  if (!key || (key === "enter" && isActive(event.target))) return;
  for (let at = layers.length - 1; at >= 0; at -= 1) {
    const binding = layers[at].current[key];
    if (binding) {
      event.preventDefault();
      if (!event.repeat || binding.repeats) binding.run(event);
      return;
    }
  }
});
