// Words, addresses, documents, diffs.

import assert from "node:assert/strict";
import test from "node:test";
import { delay } from "../../src/dashboard/assets/lib/backoff.js";
import { bytes, count, dollars, elapsed, relative, ticking } from "../../src/dashboard/assets/lib/format.js";
import { name } from "../../src/dashboard/assets/lib/keys.js";
import { brief, parts } from "../../src/dashboard/assets/lib/reason.js";
import { code, entry, parse, pasted, unit } from "../../src/dashboard/assets/lib/route.js";
import { head, lines } from "../../src/dashboard/assets/model/diff.js";
import { blocks, inline, split } from "../../src/dashboard/assets/model/markdown.js";

test("times are short and in order", () => {
  assert.deepEqual([0, 59, 60, 3_599, 3_600, 7_500, 90_000].map(elapsed), ["0s", "59s", "1m", "59m", "1h 00m", "2h 05m", "1d 1h"]);
  assert.deepEqual([7, 307, 3_729].map(ticking), ["0:07", "5:07", "1:02:09"]);
  const now = Date.parse("2026-11-20T12:00:00Z");
  assert.equal(relative("2026-11-20T11:55:00Z", now), "5m ago");
  assert.equal(relative("2026-11-20T12:05:00Z", now), "in 5m");
  assert.equal(relative("2026-11-20T12:00:01Z", now), "now");
});

test("a long reason is told by its first and its last line", () => {
  assert.equal(brief("API Error: 400"), "API Error: 400");
  assert.equal(brief("gate 1 is red: `make` ended with 2:\ncc x.c\n  error: no\n"), "gate 1 is red: `make` ended with 2: … error: no");
  assert.deepEqual([parts("a\n b\nc"), parts(null)], [{ head: "a", rest: " b\nc" }, { head: "", rest: null }]);
});

test("amounts are readable", () => {
  assert.deepEqual([0, 0.004, 0.42, 12].map(dollars), ["$0", "$0.004", "$0.42", "$12.00"]);
  assert.deepEqual([999, 1_200, 53_000, 999_960].map(count), ["999", "1.2k", "53k", "1.0M"]);
  assert.deepEqual([0, 1536, 5 * 2 ** 30, null].map(bytes), ["0 B", "1.5 KiB", "5.0 GiB", "–"]);
});

test("addresses lead to views and back", () => {
  assert.deepEqual(parse("#/unit/a%2Fb/history"), { view: "unit", chunk: "a/b", tab: "history" });
  assert.deepEqual(parse(unit("x y", "costs")), { view: "unit", chunk: "x y", tab: "costs" });
  assert.deepEqual(parse("#/unit/%zz"), { view: "unit", chunk: "%zz", tab: "log" });
  assert.deepEqual(parse(entry("conflict a b")), { view: "attention", item: "conflict a b" });
  for (const strange of ["", "#", "#/nonsense", "#code=abc"]) assert.equal(parse(strange).view, "attention");
  assert.equal(code("#code=0a1b"), "0a1b");
  assert.equal(code("#/board"), null);
  const secret = "0123456789abcdef0123";
  assert.equal(pasted(` http://127.0.0.1:7845/#code=${secret}\n`), secret);
  assert.equal(pasted("hello"), null);
});

test("the next try comes later and later, but comes", () => {
  const waits = Array.from({ length: 12 }, (_, failures) => delay(failures, 1));
  assert.ok(waits.every((wait, at) => at === 0 || wait >= waits[at - 1]));
  assert.equal(waits[11], 15_000);
  assert.ok(delay(3, 0) < delay(3, 1));
});

test("keys that are typed into a field do nothing else", () => {
  const key = (key, target, held = {}) => name({ key, target, altKey: false, ctrlKey: false, metaKey: false, isComposing: false, ...held });
  assert.equal(key("j", { tagName: "BODY" }), "j");
  assert.equal(key("j", { tagName: "TEXTAREA" }), null);
  assert.equal(key("Escape", { tagName: "INPUT" }), "escape");
  assert.equal(key("1", { tagName: "BODY" }, { ctrlKey: true }), "ctrl+1");
  assert.equal(key(" ", { tagName: "INPUT", type: "checkbox" }), " ");
});

test("documents become blocks, and never markup", () => {
  const { front, body } = split("---\nstatus: ACTIVE\n---\n# Goal\n\ntext");
  assert.equal(front, "status: ACTIVE");
  assert.deepEqual(blocks(body).map((block) => block.kind), ["heading", "text"]);
  const text = "<!-- hint -->\n## A\n\n- [x] one\n  more\n- two\n\n1. three\n\n```sh\nrm -rf <x>\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> said\n\n---\n<script>alert(1)</script>";
  const found = blocks(text);
  assert.deepEqual(found.map((block) => block.kind), ["heading", "list", "code", "table", "quote", "rule", "text"]);
  assert.deepEqual(found[1].items.map((item) => [item.text, item.done]), [["one more", true], ["two", null], ["three", null]]);
  assert.equal(found[6].text, "<script>alert(1)</script>", "it stays text");
  assert.deepEqual(inline("a `b` **c** *d* [e](f)").map((part) => part.kind), ["text", "code", "text", "strong", "text", "em", "text", "text"]);
});

test("lines of a difference have their numbers on both sides", () => {
  const hunk = { old_start: 4, old_lines: 3, new_start: 4, new_lines: 3, about: "fn main()", lines: [" a", "-b", "+c", " d", "\\ No newline at end of file"] };
  assert.equal(head(hunk), "@@ -4,3 +4,3 @@ fn main()");
  assert.deepEqual(lines(hunk).map(({ kind, old, new: after }) => [kind, old, after]), [["same", 4, 4], ["removed", 5, null], ["added", null, 5], ["same", 6, 6], ["note", null, null]]);
});
