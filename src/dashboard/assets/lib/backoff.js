// How long to wait before the next try to connect. Pure.

const FIRST = 400;
const MOST = 15_000;

/** Milliseconds before try number `failures` + 1: doubled each time, up to a quarter of a minute, spread by `random` in 0..1. */
export function delay(failures, random) {
  const full = Math.min(MOST, FIRST * 2 ** Math.min(failures, 10));
  return Math.round(full * (0.7 + 0.3 * random));
}
