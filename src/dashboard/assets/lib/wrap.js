// Text as rows of at most so many characters. Pure.

const TAB = "    ";

/** The rows of `text` in `columns`: broken at line ends, then at the last space that fits, else anywhere. */
export function wrap(text, columns) {
  const rows = [];
  for (const line of text.replaceAll("\t", TAB).split(/\r\n|\n|\r/)) {
    let rest = line;
    while (rest.length > columns) {
      const space = rest.lastIndexOf(" ", columns);
      const cut = space > columns / 2 ? space : columns;
      rows.push(rest.slice(0, cut));
      rest = rest.slice(space > columns / 2 ? cut + 1 : cut);
    }
    rows.push(rest);
  }
  return rows;
}
