// The state of the workspace as the server sends it, and what the viewer has open. The page is drawn from it.

const listeners = new Set();

/** A value for each key (see view_state in page/server.py). Values are replaced, never changed. */
export const state = new Map();

/** What does not change while the stream is open: token, viewer, bot, examples, … */
export let constants = { token: "", viewer: "", bot: "", team: "", examples: [], commands: [], shortcuts: [], methods: [] };

/** What the viewer has open: a channel's id or "home", and the root of a thread or null. */
export const current = { channel: "", thread: null };

/** Each channel's messages by timestamp; `sorted` caches them in order until they change. */
const channels = new Map();
const sorted = new Map();

/** Call `listener(keys, isFresh)` at each change with the changed keys; isFresh if the whole state is new. */
export function subscribe(listener) {
  listeners.add(listener);
}

/** Apply an update of the stream. */
export function apply(update) {
  const isFresh = Boolean(update.token);
  if (isFresh) {
    state.clear();
    channels.clear();
    sorted.clear();
    constants = update;
  }
  for (const key of update.removed) {
    store(key, undefined);
  }
  for (const [key, value] of Object.entries(update.set)) {
    store(key, value);
  }
  notify([...Object.keys(update.set), ...update.removed], isFresh);
}

/** Open a channel, and a thread in it. */
export function go(channel, thread = null) {
  current.channel = channel;
  current.thread = thread;
  history.replaceState(null, "", `?as=${constants.viewer}#${channel}`);
  notify(["current"], false);
}

/** A channel's messages outside its threads. */
export function rootsOf(channel) {
  return inOrder(channel).roots;
}

/** The replies in a thread. */
export function repliesOf(channel, root) {
  return inOrder(channel).replies.get(root) ?? [];
}

/** A thread: its root, if it exists, and its replies. */
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
  return state.get(`user/${id}`) ?? { id, name: "Slackbot", bot_id: "B01" };
}

export function channel(id) {
  return state.get(`channel/${id}`);
}

/** All values whose key begins with `kind/`, in the order in which they arrived. */
export function all(kind) {
  return [...state].filter(([key]) => key.startsWith(`${kind}/`)).map(([, value]) => value);
}

/** Whether a conversation is a direct message, of two or of several. */
export function isDirect(id) {
  return ["im", "mpim"].includes(channel(id)?.kind);
}

/** The name of a conversation: "#general", or the other members' names. */
export function titleOf(id) {
  const found = channel(id);
  const others = found?.members.filter((member) => member !== constants.viewer) ?? [];
  return isDirect(id) ? others.map((one) => user(one).name).sort().join(", ") : `#${found?.name}`;
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

function store(key, value) {
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
    state.delete(key);
  } else {
    state.set(key, value);
  }
}

function notify(keys, isFresh) {
  for (const listener of listeners) {
    listener(keys, isFresh);
  }
}
