// Moments as places, and sums over time.

import assert from "node:assert/strict";
import test from "node:test";
import { buckets, busy, marks, mean, place, rows, within, zoomed } from "../../src/dashboard/assets/model/chart.js";

const at = (seconds) => new Date(seconds * 1000).toISOString();
const attempt = (chunk, from, to, kind = "agent") => ({ chunk, kind, started_at: at(from), ended_at: to === null ? null : at(to) });

test("zooming keeps the moment under the pointer and stays within bounds", () => {
  const bounds = { from: 0, to: 100_000 };
  const near = zoomed(bounds, 0.5, 20_000, bounds);
  assert.equal(near.to - near.from, 50_000);
  assert.equal(Math.round(place(20_000, near.from, near.to, 100)), 20);
  assert.deepEqual(zoomed(near, 10, 20_000, bounds), bounds);
  assert.equal(zoomed(near, 1e-9, 20_000, bounds).to - zoomed(near, 1e-9, 20_000, bounds).from, 1000);
  assert.deepEqual(within({ from: -10, to: 10 }, bounds), { from: 0, to: 20 });
});

test("marks are on round times and not too many", () => {
  const { step, marks: found } = marks(1_000, 601_000, 600);
  assert.ok(found.length <= 7 && found.length > 2 && found.every((mark) => mark % step === 0), `${found}`);
});

test("agents at work are counted from moment to moment", () => {
  const all = [attempt("a", 0, 10), attempt("b", 5, null), attempt("c", 5, 9, "setup")];
  const steps = busy([{ attempts: all, asks: [] }], 0, 20_000);
  assert.deepEqual(steps, [{ at: 0, busy: 1 }, { at: 5_000, busy: 2 }, { at: 10_000, busy: 1 }, { at: 20_000, busy: 0 }]);
  assert.equal(mean(steps, 20_000), 1.25);
  const waits = busy([{ attempts: [attempt("a", 0, null)], asks: [{ from: 5_000, to: 8_000 }, { from: 9_000, to: null }] }], 0, 20_000);
  assert.deepEqual(waits.map(({ at, busy }) => [at, busy]), [[0, 1], [5_000, 0], [8_000, 1], [9_000, 0], [20_000, 0]]);
});

test("sums fall into their stretch", () => {
  assert.deepEqual(buckets([{ at: 5, amount: 1 }, { at: 15, amount: 2 }, { at: 99, amount: 9 }], 0, 20, 10), [1, 2]);
});

test("a chunk's row knows what it did, when it waited for the operator, and how it ended", () => {
  const change = (chunk, seconds, new_status) => ({ chunk, timestamp: at(seconds), new_status });
  const timeline = { attempts: [attempt("a", 0, 5)], changes: [change("a", 5, "NEEDS_ATTENTION"), change("a", 8, "READY"), change("a", 9, "DONE"), change("idle", 1, "READY")] };
  const [row, ...rest] = rows(timeline);
  assert.equal(rest.length, 0, "a unit that has not begun has no row");
  assert.deepEqual(row.asks, [{ from: 5_000, to: 8_000 }]);
  assert.deepEqual(row.marks, [{ at: 9_000, status: "DONE" }]);
});
