// What the server told of the workspace, and what of it this browser looks at. Everything else is drawn from here.

const listeners = new Set();

/** The picture: a value for each key (see picture.py). Values are replaced, never changed. */
export const picture = new Map();

/** What does not change while the playground runs, and who looks: token, viewer, bot, examples, … */
export let opening = { token: "", viewer: "", bot: "", team: "", examples: [], commands: [], shortcuts: [], methods: [] };

/** Where the person is: a channel's id or "home"; the thread's root beside it, if any. */
export const place = { channel: "", thread: null };

/** Of each channel its messages by timestamp; in `sorted`, where they have not changed since, oldest first. */
const channels = new Map();
const sorted = new Map();

/** Be told of changes: `hears(keys, isFresh)` gets the keys that changed; fresh is a whole new picture. */
export function subscribe(hears) {
  listeners.add(hears);
}

/** Take in what the stream told. */
export function apply(told) {
  const isFresh = Boolean(told.token);
  if (isFresh) {
    picture.clear();
    channels.clear();
    sorted.clear();
    opening = told;
  }
  for (const key of told.gone) {
    keep(key, undefined);
  }
  for (const [key, value] of Object.entries(told.set)) {
    keep(key, value);
  }
  notify([...Object.keys(told.set), ...told.gone], isFresh);
}

/** Go somewhere; a thread belongs to its channel. */
export function go(channel, thread = null) {
  place.channel = channel;
  place.thread = thread;
  history.replaceState(null, "", `?as=${opening.viewer}#${channel}`);
  notify(["place"], false);
}

/** A channel's messages outside its threads. */
export function rootsOf(channel) {
  return inOrder(channel).roots;
}

/** The replies in a thread. */
export function repliesOf(channel, root) {
  return inOrder(channel).replies.get(root) ?? [];
}

/** A thread: its root, where it stands, and its replies. */
export function threadOf(channel, root) {
  return [messageAt(channel, root), ...repliesOf(channel, root)].filter(Boolean);
}

export function isRoot(message) {
  return !message.thread_ts || message.thread_ts === message.ts;
}

export function messageAt(channel, ts) {
  return channels.get(channel)?.get(ts);
}

export function user(id) {
  return picture.get(`user/${id}`) ?? { id, name: "Slackbot", is_bot: true };
}

export function channel(id) {
  return picture.get(`channel/${id}`);
}

/** All values whose key begins with `kind/`, in the order in which they came. */
export function all(kind) {
  return [...picture].filter(([key]) => key.startsWith(`${kind}/`)).map(([, value]) => value);
}

/** Whether a conversation is a direct message, of two or of several. */
export function isDirect(id) {
  return ["im", "mpim"].includes(channel(id)?.kind);
}

/** What a conversation is called: "#general", or the others' names. */
export function titleOf(id) {
  const found = channel(id);
  const others = found?.members.filter((member) => member !== opening.viewer) ?? [];
  return isDirect(id) ? others.map((one) => user(one).name).join(", ") : `#${found?.name}`;
}

function inOrder(channel) {
  if (!sorted.has(channel)) {
    const messages = [...(channels.get(channel)?.values() ?? [])].sort((one, other) => (one.ts < other.ts ? -1 : 1));
    const replies = new Map();
    for (const message of messages.filter((one) => !isRoot(one))) {
      replies.set(message.thread_ts, [...(replies.get(message.thread_ts) ?? []), message]);
    }
    sorted.set(channel, { roots: messages.filter(isRoot), replies });
  }
  return sorted.get(channel);
}

function keep(key, value) {
  const [kind, where, ts] = key.split("/");
  if (kind === "message") {
    sorted.delete(where);
    const known = channels.get(where) ?? new Map();
    channels.set(where, known);
    if (value === undefined) {
      known.delete(ts);
    } else {
      known.set(ts, value);
    }
  }
  if (value === undefined) {
    picture.delete(key);
  } else {
    picture.set(key, value);
  }
}

function notify(keys, isFresh) {
  for (const hears of listeners) {
    hears(keys, isFresh);
  }
}
