// New messages of bots: opens the thread of a reply to the viewer, or shows a notice; and announces the text.

import { announce, toast } from "./notices.js";
import { notificationOf } from "./messages.js";
import { channel, go, isRoot, messageAt, constants, state, current, subscribe, titleOf, user } from "./state.js";
import { isWritingInThread } from "./thread.js";

/** The number of unread messages, by channel. */
export const unread = new Map();

let known = new Set();

/** Handle new messages from now on. */
export function startIncoming() {
  subscribe((keys, isFresh) => {
    if (isFresh) {
      unread.clear();
      known = new Set(keys);
      return;
    }
    unread.delete(current.channel);
    const added = keys.filter((key) => key.startsWith("message/") && !known.has(key) && state.has(key));
    keys.forEach((key) => known.add(key));
    added.map((key) => state.get(key)).forEach(receive);
  });
}

function receive(message) {
  const author = user(message.user);
  if (message.user === constants.viewer || !author.bot_id || !channel(message.channel)) {
    return;
  }
  const text = notificationOf(message);
  announce(`${author.name}: ${text}`);
  if (isReplyToMe(message) && current.channel === message.channel && !isWritingInThread()) {
    go(message.channel, message.thread_ts);
  } else if (current.channel !== message.channel || (!isRoot(message) && current.thread !== message.thread_ts)) {
    if (current.channel !== message.channel) {
      unread.set(message.channel, (unread.get(message.channel) ?? 0) + 1);
    }
    const isDirectMessage = channel(message.channel).kind === "im";
    const title = isDirectMessage ? author.name : `${author.name} in ${titleOf(message.channel)}`;
    toast(text, "message", title, () => go(message.channel, isRoot(message) ? null : message.thread_ts));
  }
}

function isReplyToMe(message) {
  return !isRoot(message) && messageAt(message.channel, message.thread_ts)?.user === constants.viewer;
}
