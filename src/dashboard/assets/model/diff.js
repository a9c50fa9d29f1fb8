// What differs, with the numbers of its lines. Pure.

/** The lines of a place: `{kind, old, new, text}`, where `kind` is `added`, `removed`, `same` or `note`. */
export function lines(hunk) {
  let [before, after] = [hunk.old_start, hunk.new_start];
  return hunk.lines.map((line) => {
    const text = line.slice(1);
    switch (line[0]) {
      case "+": return { kind: "added", old: null, new: after++, text };
      case "-": return { kind: "removed", old: before++, new: null, text };
      case "\\": return { kind: "note", old: null, new: null, text: text.trim() };
      default: return { kind: "same", old: before++, new: after++, text };
    }
  });
}

/** The head of a place as git writes it. */
export function head(hunk) {
  return `@@ -${hunk.old_start},${hunk.old_lines} +${hunk.new_start},${hunk.new_lines} @@ ${hunk.about}`.trimEnd();
}

/** How many lines a file's places have in all. */
export function size(file) {
  return file.hunks.reduce((sum, hunk) => sum + hunk.lines.length, 0);
}
