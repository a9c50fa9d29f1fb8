// Keys: each view names what its keys do; `?` shows all that count now.

import { useEffect, useRef } from "../vendor/preact.js";
import { isActive, name } from "../lib/keys.js";

/** Bindings that count now, the innermost last: `{key: {does, run}}`. */
const layers = [];

/** All bindings that count now, as `[key, does]`. */
export function bindings() {
  const all = new Map();
  for (const layer of layers) for (const [key, { does }] of Object.entries(layer.current)) if (does) all.set(key, does);
  return [...all];
}

/** Binds keys as long as the component is there. */
export function useKeys(keys) {
  const layer = useRef(keys);
  layer.current = keys;
  useEffect(() => {
    layers.push(layer);
    return () => layers.splice(layers.indexOf(layer), 1);
  }, []);
}

addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]") && event.key !== "Escape") return;
  const key = name(event);
  if (!key || (key === "enter" && isActive(event.target))) return;
  for (let at = layers.length - 1; at >= 0; at -= 1) {
    const binding = layers[at].current[key];
    if (binding) {
      event.preventDefault();
      binding.run(event);
      return;
    }
  }
});
