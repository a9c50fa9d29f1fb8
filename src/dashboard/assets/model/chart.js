// Moments as places on a line, and what all units did in each stretch of time. Pure.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const STEPS = [
  SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE,
  HOUR, 2 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR, 48 * HOUR, 7 * 24 * HOUR,
];

/** Where a moment is on a line of `width` that shows `from` to `to`. */
export function place(at, from, to, width) {
  return ((at - from) / Math.max(1, to - from)) * width;
}

/** Moments for marks, at most one per `gap` of `width`, on round times of the reader's zone. */
export function marks(from, to, width, gap = 90) {
  const wanted = ((to - from) / Math.max(1, width)) * gap;
  const step = STEPS.find((step) => step >= wanted) ?? STEPS[STEPS.length - 1];
  const zone = new Date(from).getTimezoneOffset() * MINUTE;
  const found = [];
  for (let at = Math.ceil((from - zone) / step) * step + zone; at < to; at += step) found.push(at);
  return { step, marks: found };
}

/** The stretch that is shown after zooming by `factor` around `at`, kept within `bounds` and not below a second. */
export function zoomed(shown, factor, at, bounds) {
  const length = Math.min(bounds.to - bounds.from, Math.max(SECOND, (shown.to - shown.from) * factor));
  const share = (at - shown.from) / Math.max(1, shown.to - shown.from);
  return within({ from: at - share * length, to: at + (1 - share) * length }, bounds);
}

/** The same stretch, moved so that it lies within `bounds`. */
export function within(shown, bounds) {
  const length = Math.min(shown.to - shown.from, bounds.to - bounds.from);
  const from = Math.min(Math.max(shown.from, bounds.from), bounds.to - length);
  return { from, to: from + length };
}

/** How many agents of the rows were at work, as steps `{at, busy}` from the first moment on. Who waits for the operator is not. */
export function busy(rows, from, to) {
  const ends = [];
  const span = (start, end, by) => {
    if (end > start) ends.push([start, by], [end, -by]);
  };
  for (const { attempts, asks } of rows) {
    for (const attempt of attempts) {
      if (attempt.kind !== "agent") continue;
      const start = Math.max(from, Date.parse(attempt.started_at));
      const end = Math.min(attempt.ended_at ? Date.parse(attempt.ended_at) : to, to);
      span(start, end, 1);
      for (const ask of asks) span(Math.max(start, ask.from), Math.min(end, ask.to ?? to), -1);
    }
  }
  ends.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const steps = [{ at: from, busy: 0 }];
  for (const [at, by] of ends) {
    const last = steps[steps.length - 1];
    if (last.at === at) last.busy += by;
    else steps.push({ at, busy: last.busy + by });
  }
  return steps;
}

/** The mean of `busy` over the whole stretch. */
export function mean(steps, to) {
  let sum = 0;
  steps.forEach((step, at) => {
    sum += step.busy * ((steps[at + 1]?.at ?? to) - step.at);
  });
  return sum / Math.max(1, to - steps[0].at);
}

/** Sums per bucket of `size` milliseconds: `items` as `{at, amount}`. */
export function buckets(items, from, to, size) {
  const sums = new Array(Math.max(1, Math.ceil((to - from) / size))).fill(0);
  for (const { at, amount } of items) {
    const bucket = Math.floor((at - from) / size);
    if (bucket >= 0 && bucket < sums.length) sums[bucket] += amount;
  }
  return sums;
}

/** Rows of a chart: per chunk its attempts, and when it landed, asked or failed; in the order of the first attempt or change. */
export function rows(timeline) {
  const byChunk = new Map();
  const row = (chunk) => {
    if (!byChunk.has(chunk)) byChunk.set(chunk, { chunk, attempts: [], marks: [], asks: [] });
    return byChunk.get(chunk);
  };
  for (const attempt of timeline.attempts) row(attempt.chunk).attempts.push(attempt);
  for (const change of timeline.changes) {
    const { marks, asks } = row(change.chunk);
    const at = Date.parse(change.timestamp);
    const open = asks[asks.length - 1];
    if (open && open.to === null) open.to = at;
    if (change.new_status === "NEEDS_ATTENTION") asks.push({ from: at, to: null });
    if (["DONE", "FAILED", "CANCELED"].includes(change.new_status)) marks.push({ at, status: change.new_status });
  }
  return [...byChunk.values()].filter((row) => row.attempts.length > 0 || row.marks.length > 0);
}
