// Times as people read them.

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

/** "Today", "Yesterday" or the day's name. */
export function day(ts) {
  const date = dateOf(ts);
  const days = Math.round((startOfDay(new Date()) - startOfDay(date)) / 86_400_000);
  return ["Today", "Yesterday"][days] ?? DAY.format(date);
}

/** To the millisecond, for the inspector. */
export function precise(seconds) {
  const date = new Date(seconds * 1000);
  return `${date.toLocaleTimeString("en-GB")}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** Slack's date tokens: "{date_short} at {time}". */
export function formatted(timestamp, format) {
  const date = new Date(timestamp * 1000);
  const say = (options) => new Intl.DateTimeFormat("en-GB", options).format(date);
  const long = { day: "numeric", month: "long", year: "numeric" };
  const short = { day: "numeric", month: "short", year: "numeric" };
  const tokens = {
    date_num: () => date.toISOString().slice(0, 10),
    date: () => say(long),
    date_pretty: () => say(long),
    date_short: () => say(short),
    date_short_pretty: () => say(short),
    date_long: () => say({ weekday: "long", ...long }),
    date_long_pretty: () => say({ weekday: "long", ...long }),
    day_divider_pretty: () => say({ weekday: "long", day: "numeric", month: "long" }),
    time: () => say({ hour: "2-digit", minute: "2-digit" }),
    time_secs: () => say({ hour: "2-digit", minute: "2-digit", second: "2-digit" }),
    ago: () => `${Math.max(0, Math.round((Date.now() - date) / 60_000))} minutes ago`,
  };
  return format.replace(/\{(\w+)\}/g, (whole, name) => tokens[name]?.() ?? whole);
}

function startOfDay(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate());
}
