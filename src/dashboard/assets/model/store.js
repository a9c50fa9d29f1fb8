// Holds the state and tells who draws it, at most once per frame.

/** A store that begins with `state` and goes on by `reduce`. */
export function create(reduce, state) {
  const listeners = new Set();
  let told = true;
  const tell = () => {
    told = true;
    for (const listener of [...listeners]) listener();
  };
  return {
    get: () => state,
    dispatch(action) {
      const next = reduce(state, action);
      if (next === state) return;
      state = next;
      if (!told) return;
      told = false;
      // Frames do not come while the page is hidden.
      if (globalThis.document?.hidden === false) requestAnimationFrame(tell);
      else setTimeout(tell, 0);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
