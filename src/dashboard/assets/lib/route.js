// Addresses of the views, behind `#`. Pure.

/** Every view that has a place in the navigation, with its key. */
export const PLACES = [
  { view: "attention", title: "Attention", key: "A" },
  { view: "board", title: "Board", key: "B" },
  { view: "whole", title: "Overview", key: "O" },
  { view: "gates", title: "Gates", key: "G" },
  { view: "control", title: "Control", key: "C" },
];

/** Tabs of a unit's page. */
export const TABS = ["log", "diff", "documents", "history", "conflicts", "costs"];

/** What an address shows; what nobody knows is the first view. */
export function parse(hash) {
  const parts = hash.replace(/^#\/?/, "").split("/").map(decode);
  if (parts[0] === "unit" && parts[1]) {
    return { view: "unit", chunk: parts[1], tab: TABS.includes(parts[2]) ? parts[2] : "log" };
  }
  if (parts[0] === "attention" && parts[1]) return { view: "attention", item: parts[1] };
  const known = PLACES.some((place) => place.view === parts[0]);
  return { view: known ? parts[0] : "attention" };
}

/** The address of a unit's page. */
export function unit(chunk, tab) {
  return `#/unit/${encodeURIComponent(chunk)}${tab && tab !== "log" ? `/${tab}` : ""}`;
}

/** The address of an entry of the queue, by its id. */
export function entry(id) {
  return `#/attention/${encodeURIComponent(id)}`;
}

/** The code of a one-time link, where the address is one. */
export function code(hash) {
  const found = /^#code=([\w-]+)$/.exec(hash);
  return found ? found[1] : null;
}

/** The code in what somebody pasted: a whole link or the code alone. */
export function pasted(text) {
  const found = /(?:#code=)?([\w-]{16,})\s*$/.exec(text.trim());
  return found ? found[1] : null;
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
