// Gates by their command.

import assert from "node:assert/strict";
import test from "node:test";
import { byCommand, figures, matches, result, took } from "../../src/dashboard/assets/model/gates.js";

const at = (seconds) => new Date(seconds * 1000).toISOString();
const ran = (kind, command, outcome, seconds) => ({ kind, command, outcome, chunk: "a", started_at: at(0), ended_at: outcome ? at(seconds) : null });

test("configured gates come first, in their order, and a kind of its own is another gate", () => {
  const attempts = [ran("integration gate", "old", "finished", 1), ran("integration gate", "test", "failed", 1), ran("worker gate", "test", "finished", 1)];
  const gates = byCommand({ worker: ["lint", "test"], integration: ["test"], attempts });
  assert.deepEqual(
    gates.map(({ kind, command, isConfigured, attempts }) => [kind, command, isConfigured, attempts.length]),
    [["worker gate", "lint", true, 0], ["worker gate", "test", true, 1], ["integration gate", "test", true, 1], ["integration gate", "old", false, 1]],
  );
});

test("what was cut short or is at work says nothing", () => {
  const attempts = ["finished", "failed", "crashed", "interrupted", null].map((outcome, place) => ran("worker gate", "x", outcome, place + 1));
  assert.deepEqual(attempts.map(result), ["green", "red", "red", "cut short", "at work"]);
  assert.deepEqual(figures(attempts), { green: 1, judged: 3, median: 2 });
  assert.deepEqual(figures([]), { green: 0, judged: 0, median: null });
  assert.equal(took(attempts[4], 7_000), 7);
});

test("the search looks at chunk, command and result", () => {
  const attempt = ran("worker gate", "cargo test", "failed", 1);
  assert.ok(matches(attempt, "red CARGO") && matches(attempt, "a") && matches(attempt, ""));
  assert.ok(!matches(attempt, "green"));
  assert.ok(!matches(ran("worker gate", "cat shared", "finished", 1), "red"), "a result is no part of a word");
});
