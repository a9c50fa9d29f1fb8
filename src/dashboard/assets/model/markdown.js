// Markdown of chunk documents as a tree of blocks. A small part of the language: what goals and plans are written in. Pure.

/** What stands between the `---` lines at the top, and the rest. */
export function split(text) {
  const found = /^---\r?\n([\s\S]*?)\r?\n---\r?\n?/.exec(text);
  return found ? { front: found[1], body: text.slice(found[0].length) } : { front: null, body: text };
}

/** The blocks of a document: `{kind, …}` with `heading`, `code`, `list`, `quote`, `rule`, `table` or `text`. Comments are left out. */
export function blocks(text) {
  const lines = text.replace(/<!--[\s\S]*?-->/g, "").split(/\r?\n/);
  const found = [];
  let at = 0;
  const until = (isEnd) => {
    const taken = [];
    while (at < lines.length && !isEnd(lines[at])) taken.push(lines[at++]);
    return taken;
  };
  while (at < lines.length) {
    const line = lines[at];
    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
    const fence = /^\s*(```+|~~~+)\s*(\S*)/.exec(line);
    if (line.trim() === "") at += 1;
    else if (heading) {
      found.push({ kind: "heading", level: heading[1].length, text: heading[2] });
      at += 1;
    } else if (fence) {
      at += 1;
      const code = until((next) => next.trim().startsWith(fence[1]));
      at += 1;
      found.push({ kind: "code", language: fence[2], text: code.join("\n") });
    } else if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) {
      found.push({ kind: "rule" });
      at += 1;
    } else if (/^\s*>/.test(line)) {
      const quoted = until((next) => !/^\s*>/.test(next)).map((part) => part.replace(/^\s*> ?/, ""));
      found.push({ kind: "quote", blocks: blocks(quoted.join("\n")) });
    } else if (item(line)) {
      found.push(list(until((next) => next.trim() === "" && !item(lines[at + 1] ?? ""))));
    } else if (line.includes("|") && /^[\s|:-]+$/.test(lines[at + 1] ?? "") && lines[at + 1].includes("-")) {
      const rows = until((next) => !next.includes("|")).map(cells);
      found.push({ kind: "table", head: rows[0], rows: rows.slice(2) });
    } else {
      const ends = (next) => next.trim() === "" || /^(#{1,6}\s|\s*(```|~~~|>))/.test(next) || Boolean(item(next));
      const first = lines[at++];
      found.push({ kind: "text", text: [first, ...until(ends)].join("\n") });
    }
  }
  return found;
}

function item(line) {
  return /^(\s*)([-*+]|\d+[.)])\s+(.*)$/.exec(line);
}

/** A list whose items may go on in the following lines. Depth is kept as a number, not as a tree. */
function list(lines) {
  const items = [];
  for (const line of lines) {
    const begun = item(line);
    if (begun) {
      const task = /^\[([ xX])\]\s+(.*)$/.exec(begun[3]);
      const depth = Math.min(4, Math.floor(begun[1].length / 2));
      items.push({ depth, mark: /\d/.test(begun[2]) ? begun[2] : "•", text: task ? task[2] : begun[3], done: task ? task[1] !== " " : null });
    } else if (items.length > 0 && line.trim() !== "") items[items.length - 1].text += ` ${line.trim()}`;
  }
  return { kind: "list", items };
}

function cells(row) {
  return row.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
}

/** Parts of a line: `{kind, text}` with `code`, `strong`, `em` or `text`. Links are shown as their text. */
export function inline(text) {
  const parts = [];
  const pattern = /(`+)(.+?)\1|\*\*(.+?)\*\*|__(.+?)__|\*(\S(?:.*?\S)?)\*|\[([^\]]+)\]\([^)]*\)/g;
  let last = 0;
  for (const found of text.matchAll(pattern)) {
    if (found.index > last) parts.push({ kind: "text", text: text.slice(last, found.index) });
    const [, , code, strong, strong2, em, link] = found;
    if (code !== undefined) parts.push({ kind: "code", text: code });
    else if (strong ?? strong2) parts.push({ kind: "strong", text: strong ?? strong2 });
    else if (em) parts.push({ kind: "em", text: em });
    else parts.push({ kind: "text", text: link });
    last = found.index + found[0].length;
  }
  if (last < text.length) parts.push({ kind: "text", text: text.slice(last) });
  return parts;
}
