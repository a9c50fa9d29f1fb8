// Where boxes were scrolled to, so that one who comes back finds the place.

import { useLayoutEffect, useRef } from "../vendor/preact.js";

const places = new Map();

/** For a box that scrolls: it begins where the box of this name was left. */
export function useScroll(name) {
  const ref = useRef(null);
  useLayoutEffect(() => {
    const box = ref.current;
    const { left, top } = places.get(name) ?? { left: 0, top: 0 };
    box.scrollTo(left, top);
    // Not when the box goes: by then the page around it may be another one already, in which it has no place to scroll.
    const keep = () => places.set(name, { left: box.scrollLeft, top: box.scrollTop });
    box.addEventListener("scroll", keep, { passive: true });
    return () => box.removeEventListener("scroll", keep);
  }, [name]);
  return ref;
}
