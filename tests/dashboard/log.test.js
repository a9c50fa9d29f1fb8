// Transcripts as rows.

import assert from "node:assert/strict";
import test from "node:test";
import { Lines } from "../../src/dashboard/assets/lib/lines.js";
import { isAtEnd, visible } from "../../src/dashboard/assets/lib/window.js";
import { wrap } from "../../src/dashboard/assets/lib/wrap.js";
import { excerpt } from "../../src/dashboard/assets/model/excerpt.js";
import { Log } from "../../src/dashboard/assets/model/log.js";

const call = { kind: "tool_call", id: "t", name: "Bash", description: "List", input: '{"command":"ls -l","timeout":5}' };

test("a call is one row until it is opened, and its result belongs to it", () => {
  const log = new Log(80);
  log.push([{ kind: "text", text: "one\ntwo" }, call]);
  log.push([{ kind: "tool_result", id: "t", failed: true, text: "no such file" }, { kind: "text", text: "three" }]);
  assert.deepEqual(log.rows.map((row) => row.text), ["one", "two", "ls -l", "three"]);
  assert.equal(log.rows[2].look, "call failed");
  log.toggle(1);
  assert.deepEqual(log.rows.map((row) => row.text), ["one", "two", "ls -l", "command: ls -l", "timeout: 5", "no such file", "three"]);
  log.toggle(1);
  assert.equal(log.rows.length, 4);
});

test("a review's points are shown, and an error that was told is not repeated at the end", () => {
  const log = new Log(200);
  const issues = [{ location: "a.rs:7", concern: "why?", suggestion: "say it" }, { location: "", concern: "no test", suggestion: null }];
  log.push([{ kind: "review", decision: "FEEDBACK", summary: "Two points.", issues }, { kind: "error", message: "429" }]);
  log.push([{ kind: "result", outcome: "failed", error: "429", duration_ms: 1000, cost_usd: null }]);
  assert.deepEqual(log.rows.map((row) => row.text), ["Review: FEEDBACK – Two points.", "• a.rs:7: why? → say it", "• no test", "Error: 429", "failed after 1.0 s"]);
  assert.equal(log.rows[0].look, "review review-feedback");
});

test("an excerpt is what was said and done last, without what stands elsewhere", () => {
  const said = (text) => ({ kind: "text", text });
  const entries = [
    { kind: "header" }, said("one"), said("two"), said("  "), call, { kind: "tool_result", id: "t", failed: true, text: "no" },
    said("x".repeat(500)), { kind: "question", questions: [] }, { kind: "result", outcome: "suspended" },
  ];
  const shown = excerpt(entries);
  assert.deepEqual(shown.map(({ look, name }) => [look, name]), [["text", undefined], ["text", undefined], ["call failed", "Bash"], ["text", undefined]]);
  assert.equal(shown[2].text, "ls -l");
  assert.equal(shown[3].text.length, 401);
  assert.equal(excerpt([...entries, ...entries, ...entries]).length, 6);
});

test("a row says when only where that is another second than before", () => {
  const log = new Log(80);
  const at = (second) => `2026-11-29T14:05:${second}+00:00`;
  log.push([{ kind: "text", at: at("09.100000"), text: "one\ntwo" }, { kind: "text", at: at("09.900000"), text: "three" }, { kind: "text", at: at("10.000000"), text: "four" }]);
  assert.deepEqual(log.rows.map((row) => row.when), [at("09.100000"), undefined, undefined, at("10.000000")]);
});

test("a result whose call nobody saw is shown by itself", () => {
  const log = new Log(80);
  log.push([{ kind: "tool_result", id: "x", failed: false, text: "out" }]);
  assert.deepEqual(log.rows.map((row) => row.text), ["out"]);
});

test("another width lays all out anew", () => {
  const log = new Log(80);
  log.push([{ kind: "text", text: "some words that are long" }]);
  log.resize(12);
  assert.deepEqual(log.rows.map((row) => row.text), ["some words", "that are", "long"]);
});

test("what nobody knows is shown as it is", () => {
  const log = new Log(80);
  log.push([{ kind: "new", number: 1 }]);
  assert.match(log.rows[0].text, /"new"/);
});

test("text is wrapped at spaces, and where there are none, anywhere", () => {
  assert.deepEqual(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
  assert.deepEqual(wrap("", 4), [""]);
  assert.deepEqual(wrap("a\r\nb\tc", 10), ["a", "b    c"]);
});

test("lines arrive in pieces, also within a character", () => {
  const bytes = new TextEncoder().encode("é1\né2\nrest");
  const lines = new Lines();
  const found = [...bytes].flatMap((byte) => lines.push(Uint8Array.of(byte)));
  assert.deepEqual([...found, ...lines.finish()], ["é1", "é2", "rest"]);
});

test("only what is seen is drawn, with some more around it", () => {
  assert.deepEqual(visible(0, 400, 20, 100_000), { first: 0, last: 40 });
  assert.deepEqual(visible(20_000, 400, 20, 100_000), { first: 980, last: 1040 });
  assert.deepEqual(visible(9_999, 400, 20, 10), { first: 10, last: 10 });
  assert.ok(isAtEnd(600, 400, 1010) && !isAtEnd(0, 400, 1010));
});

test("a result of an open call shows at once, and one of a folded call moves nothing", () => {
  const log = new Log(80);
  log.push([call, { ...call, id: "u" }, { kind: "text", text: "end" }]);
  log.toggle(0);
  const before = log.rows.length;
  log.push([{ kind: "tool_result", id: "u", failed: false, text: "hidden" }]);
  assert.equal(log.rows.length, before);
  log.push([{ kind: "tool_result", id: "t", failed: false, text: "shown" }]);
  assert.deepEqual(log.rows.slice(-3).map((row) => row.text), ["shown", "ls -l", "end"]);
});

test("an entry may have any number of lines", () => {
  const log = new Log(80);
  log.push([{ kind: "text", text: "x\n".repeat(300_000) + "end" }]);
  assert.equal(log.rows.length, 300_001);
});

test("a hundred thousand lines are all there", () => {
  const log = new Log(120);
  const entries = Array.from({ length: 100_000 }, (_, at) => ({ kind: "text", text: `line ${at} of many` }));
  log.push(entries);
  assert.equal(log.rows.length, 100_000);
});
