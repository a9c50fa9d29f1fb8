// Answers on their way: sent at once, taken back for a while, kept when nothing answers.

import assert from "node:assert/strict";
import test from "node:test";
import { GRACE, add, drop, keyOf, sent, set, settled, settles } from "../../src/dashboard/assets/model/outbox.js";

const asks = (...answers) => ({ id: "unit 1", attention: { since: "t", questions: answers.map((answer) => ({ answer })) } });
const entry = (item, at) => ({ key: keyOf(item, at), chunk: "a", body: {}, label: "x" });

test("an answer is on its way, can be taken back for a while, and is gone then", () => {
  const way = add([], entry(asks(null), 0));
  assert.equal(way[0].state, "sending");
  const there = sent(way, way[0].key, 1_000);
  assert.deepEqual([settled(there, GRACE), settled(there, 1_000 + GRACE)].map((left) => left.length), [1, 0]);
  assert.deepEqual(drop(there, way[0].key), []);
  assert.equal(settled(way, Number.MAX_SAFE_INTEGER).length, 1, "what the daemon has not taken stays");
});

test("another answer to the same question takes its place", () => {
  const first = add([], entry(asks(null), 0));
  assert.deepEqual(add(first, { ...entry(asks(null), 0), label: "y" }).map(({ label }) => label), ["y"]);
});

test("an entry leaves the queue when all that it asks is answered, and comes back when that failed", () => {
  const item = asks(null, "done", null);
  const one = add([], entry(item, 0));
  assert.equal(settles(one, item), false);
  const both = add(one, entry(item, 2));
  assert.equal(settles(both, item), true);
  assert.equal(settles(set(both, keyOf(item, 2), { state: "failed" }), item), false);
  assert.equal(settles(add([], entry(asks(), 0)), asks()), true, "what asks no question takes one answer");
});
