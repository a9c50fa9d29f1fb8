// Answers on their way.

import assert from "node:assert/strict";
import test from "node:test";
import { GRACE, add, drop, due, keyOf, set, settles, undo } from "../../src/dashboard/assets/model/outbox.js";

const entry = (key, label = "left") => ({ key, chunk: "a", body: { option: 1 }, label });
const item = (answers) => ({ id: "unit 7", attention: { since: "s", questions: answers.map((answer) => ({ answer })) } });

test("an answer waits, is sent once, and can be taken back until then", () => {
  let box = add([], entry("k"), 100);
  assert.deepEqual(due(box, 100 + GRACE - 1), []);
  assert.equal(due(box, 100 + GRACE).length, 1);
  assert.deepEqual(undo(box, "k"), []);
  box = set(box, "k", { state: "sending" });
  assert.deepEqual(due(box, 1e9), [], "it is not sent twice");
  assert.equal(undo(box, "k").length, 1, "what is being sent cannot be taken back");
  assert.deepEqual(drop(box, "k"), []);
});

test("a second thought takes the first one's place", () => {
  const box = add(add([], entry("k"), 0), entry("k", "right"), 50);
  assert.deepEqual(box.map((one) => [one.label, one.due]), [["right", 50 + GRACE]]);
});

test("an entry of the queue is settled when all that is open has an answer on its way", () => {
  const two = item([null, null]);
  let box = add([], entry(keyOf(two, 0)), 0);
  assert.equal(settles(box, two), false);
  box = add(box, entry(keyOf(two, 1)), 0);
  assert.equal(settles(box, two), true);
  assert.equal(settles(set(box, keyOf(two, 1), { state: "failed" }), two), false, "one that failed comes back");
  assert.equal(settles(add([], entry(keyOf(two, 1)), 0), item(["given", null])), true);
  assert.equal(settles([], item([])), false, "what asks no question is not settled by nothing");
});
