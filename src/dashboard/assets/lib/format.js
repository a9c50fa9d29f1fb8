// Numbers and moments as people read them. Pure.

/** Seconds as one or two units: `45s`, `5m`, `2h 05m`, `3d 4h`. */
export function elapsed(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole}s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}h ${String(minutes % 60).padStart(2, "0")}m`;
  return `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

/** The same with seconds, for what ticks before one's eyes: `5:07`, `1:02:09`. */
export function ticking(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const rest = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest.replace(/^0(\d)/, "$1");
}

/** How long ago, or how soon, a moment is, in words. */
export function relative(at, now) {
  const seconds = (now - Date.parse(at)) / 1000;
  if (Math.abs(seconds) < 5) return "now";
  return seconds >= 0 ? `${elapsed(seconds)} ago` : `in ${elapsed(-seconds)}`;
}

/** A moment in the reader's own zone, to the second. */
export function absolute(at) {
  const moment = new Date(at);
  return Number.isNaN(moment.getTime())
    ? ""
    : moment.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

/** Clock time in the reader's own zone: `14:05`. */
export function clock(at) {
  return new Date(at).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", hour12: false });
}

/** Clock time with seconds in the reader's own zone: `14:05:09`. */
export function seconds(at) {
  return SECONDS.format(new Date(at));
}

const SECONDS = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

/** Bytes in binary units with three digits. */
export function bytes(count) {
  if (count === null || count === undefined) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Dollars to the cent; smaller amounts to the first digit that says something. */
export function dollars(amount) {
  if (!amount) return "$0";
  return amount < 0.01 ? `$${amount.toPrecision(1)}` : `$${amount.toFixed(2)}`;
}

/** A count in thousands or millions where it is long. */
export function count(number) {
  if (number < 1000) return String(number);
  if (number < 999_950) return `${(number / 1000).toFixed(number < 10_000 ? 1 : 0)}k`;
  return `${(number / 1_000_000).toFixed(1)}M`;
}

/** `1 unit`, `2 units`. */
export function plural(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** The beginning of a commit's name. */
export function short(commit) {
  return commit ? commit.slice(0, 9) : "";
}

/** A status or kind in lower case with spaces. */
export function words(name) {
  return name ? name.toLowerCase().replaceAll("_", " ") : "";
}
