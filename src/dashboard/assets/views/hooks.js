// How views hear of what changes.

import { Component, useEffect, useRef, useState } from "../vendor/preact.js";
import { store } from "../app.js";
import { shallow } from "../lib/equal.js";
import { parse } from "../lib/route.js";
import { get } from "../net/api.js";

/** A component that is drawn anew only when a property changes. */
export function memo(draw) {
  return class extends Component {
    shouldComponentUpdate(next) {
      return !shallow(next, this.props);
    }

    render() {
      return draw(this.props);
    }
  };
}

/** A function that stays the same and does what `run` does now: for properties of what is drawn only when one changes. */
export function useStable(run) {
  const latest = useRef(run);
  latest.current = run;
  const [stable] = useState(() => (...args) => latest.current(...args));
  return stable;
}

/** What `select` finds in the state; the component is drawn anew when that changes. */
export function useStore(select) {
  const [, redraw] = useState(0);
  const chosen = useRef();
  chosen.current = { select, value: select(store.get()) };
  useEffect(() => {
    const look = () => {
      if (!shallow(chosen.current.select(store.get()), chosen.current.value)) redraw((count) => count + 1);
    };
    look();
    return store.subscribe(look);
  }, []);
  return chosen.current.value;
}

const tickers = new Set();
setInterval(() => {
  if (!document.hidden) for (const tick of tickers) tick(Date.now());
}, 1000);

/** The time, every second while the page is seen. */
export function useNow() {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    tickers.add(setNow);
    return () => tickers.delete(setNow);
  }, []);
  return now;
}

/** What the address shows, and how often it was changed. */
export function useRoute() {
  const [route, setRoute] = useState({ ...parse(location.hash), turn: 0 });
  useEffect(() => {
    const changed = () => setRoute(({ turn }) => ({ ...parse(location.hash), turn: turn + 1 }));
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return route;
}

/** The JSON at a path, asked for again when `path` or `again` changes: `{value, error, loading}`. The old value stays until the new one is there. */
export function useJson(path, again) {
  const [found, setFound] = useState({ path: null, value: null, error: null, loading: true });
  useEffect(() => {
    if (!path) return undefined;
    const abort = new AbortController();
    get(path, { signal: abort.signal }).then(
      (value) => setFound({ path, value, error: null, loading: false }),
      (error) => {
        if (error.name !== "AbortError") setFound((old) => ({ ...old, path, error, loading: false }));
      },
    );
    return () => abort.abort();
  }, [path, again]);
  return found.path === path ? found : { value: null, error: null, loading: true };
}

/** A number that changes when something has happened, but not more often than every `pause` milliseconds. */
export function useNews(pause) {
  const [seq, setSeq] = useState(store.get().seq);
  useEffect(() => {
    let [known, timer] = [seq, null];
    const tell = () => {
      timer = null;
      known = store.get().seq;
      setSeq(known);
    };
    const leave = store.subscribe(() => {
      if (timer === null && store.get().seq !== known) timer = setTimeout(tell, pause);
    });
    return () => {
      clearTimeout(timer);
      leave();
    };
  }, [pause]);
  return seq;
}

/** A number that grows every `seconds` while the page is seen. */
export function usePulse(seconds) {
  const [count, setCount] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setCount((count) => count + 1);
    }, seconds * 1000);
    return () => clearInterval(timer);
  }, [seconds]);
  return count;
}

/** Width of an element as it is now, in pixels. */
export function useWidth() {
  const ref = useRef(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!ref.current) return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}
