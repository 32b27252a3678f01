// What happens when a message arrives: a thread opens by itself, or a notice tells of it; and it is read out.

import { announce, toast } from "./notices.js";
import { notificationOf } from "./messages.js";
import { channel, go, isRoot, messageAt, opening, picture, place, subscribe, titleOf, user } from "./state.js";
import { isWritingInThread } from "./thread.js";

/** How many messages arrived unseen, by channel. */
export const unread = new Map();

let known = new Set();

/** Follow the picture. */
export function startArrivals() {
  subscribe((keys, isFresh) => {
    if (isFresh) {
      unread.clear();
      known = new Set(keys);
      return;
    }
    unread.delete(place.channel);
    const arrived = keys.filter((key) => key.startsWith("message/") && !known.has(key) && picture.has(key));
    keys.forEach((key) => known.add(key));
    arrived.map((key) => picture.get(key)).forEach(arrive);
  });
}

function arrive(message) {
  const author = user(message.user);
  if (message.user === opening.viewer || !author.is_bot || !channel(message.channel)) {
    return;
  }
  const text = notificationOf(message);
  announce(`${author.name}: ${text}`);
  if (isReplyToMe(message) && place.channel === message.channel && !isWritingInThread()) {
    go(message.channel, message.thread_ts);
  } else if (place.channel !== message.channel || (!isRoot(message) && place.thread !== message.thread_ts)) {
    if (place.channel !== message.channel) {
      unread.set(message.channel, (unread.get(message.channel) ?? 0) + 1);
    }
    const isAlone = channel(message.channel).kind === "im";
    const title = isAlone ? author.name : `${author.name} in ${titleOf(message.channel)}`;
    toast(text, "message", title, () => go(message.channel, isRoot(message) ? null : message.thread_ts));
  }
}

function isReplyToMe(message) {
  return !isRoot(message) && messageAt(message.channel, message.thread_ts)?.user === opening.viewer;
}
