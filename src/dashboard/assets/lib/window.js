// Which rows of a long list are drawn. Pure.

/** First row and row after the last that must be drawn, with some more on both sides so that scrolling finds them there. */
export function visible(top, height, row, total, spare = 20) {
  const first = Math.max(0, Math.floor(top / row) - spare);
  const last = Math.min(total, Math.ceil((top + height) / row) + spare);
  return { first: Math.min(first, last), last };
}

/** Whether the view shows the end, so that it should stay there when more comes. */
export function isAtEnd(top, height, full, slack = 24) {
  return full - (top + height) <= slack;
}
