// Text objects: mrkdwn is formatted, plain text is not, but for its emoji codes.

import { emojiOf } from "./emoji.js";
import { mrkdwn } from "./mrkdwn.js";

/** A text object's children. */
export function textOf(text) {
  if (text.type === "mrkdwn") {
    return mrkdwn(text.text, text.verbatim);
  }
  return [text.emoji === false ? text.text : withEmoji(text.text)];
}

function withEmoji(text) {
  return text.replace(/:([a-z0-9_+'-]+):/g, (whole, name) => emojiOf(name) ?? whole);
}
