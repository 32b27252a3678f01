// Formats of dates and times.

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" });
const FULL = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "medium" });

function dateOf(ts) {
  return new Date(Number(ts) * 1000);
}

export function clock(ts) {
  return CLOCK.format(dateOf(ts));
}

export function full(ts) {
  return FULL.format(dateOf(ts));
}

/** "Today", "Yesterday" or a date. */
export function day(ts) {
  const date = dateOf(ts);
  const days = Math.round((startOfDay(new Date()) - startOfDay(date)) / 86_400_000);
  return ["Today", "Yesterday"][days] ?? DAY.format(date);
}

/** A time with milliseconds. */
export function precise(seconds) {
  const date = new Date(seconds * 1000);
  return `${date.toLocaleTimeString("en-GB")}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

function startOfDay(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate());
}
