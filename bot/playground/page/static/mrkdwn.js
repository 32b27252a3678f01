// Text objects and Slack's mrkdwn as elements: links, mentions, *bold* _italic_ ~strike~ `code`, fences, quotes, emoji.

import { h, link } from "./dom.js";
import { emojiOf } from "./emoji.js";
import { channel, constants, user } from "./state.js";

const FENCE = /```\n?([\s\S]+?)```\n?/g;
// Inline formatting; a mark does not open after a letter or close before one
const INLINE = new RegExp(
  [
    "<(?<angled>[^<>\\n]+)>",
    "`(?<code>[^`\\n]+)`",
    ":(?<emoji>[a-z0-9_+'-]+(?:::skin-tone-[2-6])?):",
    "(?<![\\p{L}\\p{N}])\\*(?<bold>[^\\s*](?:[^*\\n]*[^\\s*])?)\\*(?![\\p{L}\\p{N}])",
    "(?<![\\p{L}\\p{N}])_(?<italic>[^\\s_](?:[^_\\n]*[^\\s_])?)_(?![\\p{L}\\p{N}])",
    "(?<![\\p{L}\\p{N}])~(?<strike>[^\\s~](?:[^~\\n]*[^\\s~])?)~(?![\\p{L}\\p{N}])",
  ].join("|"),
  "gu",
);
const BARE = /https?:\/\/[^\s<>]*[^\s<>.,;:!?)\]"']/g;

/** The children for a text object: mrkdwn is formatted, plain text is not. */
export function textOf({ type, text, verbatim, emoji }) {
  if (type === "mrkdwn") {
    return mrkdwn(text, verbatim);
  }
  return [emoji === false ? text : text.replace(/:([a-z0-9_+'-]+):/g, (whole, name) => emojiOf(name) ?? whole)];
}

/** The children that show `text`; `isVerbatim` links no bare URLs. */
export function mrkdwn(text, isVerbatim = false) {
  return split(
    text,
    FENCE,
    (plain) => lines(plain, isVerbatim),
    (fence) => [h("pre", { tabindex: 0 }, unescaped(fence[1]))],
  );
}

/** `text` without formatting, as in a notification. */
export function plainOf(text) {
  const holder = h("div", {}, mrkdwn(text, true));
  return holder.textContent;
}

/** `text` with Slack's three entities decoded, the ampersand last. */
export function unescaped(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

function mention(id) {
  return h("span", { class: ["mention", id === constants.viewer && "me"] }, `@${user(id).name}`);
}

function channelLink(id, label = null) {
  return h("span", { class: "mention" }, `#${channel(id)?.name ?? label ?? id}`);
}

function broadcast(range) {
  return h("span", { class: ["mention", "me"] }, `@${range}`);
}

function lines(text, isVerbatim) {
  const shown = [];
  let quoted = null;
  for (const line of text.split("\n")) {
    const isQuoted = line.startsWith("&gt;") || line.startsWith(">");
    const parts = inline(isQuoted ? line.replace(/^(&gt;|>) ?/, "") : line, isVerbatim);
    if (isQuoted && quoted) {
      quoted.append("\n", ...parts);
    } else if (isQuoted) {
      quoted = h("blockquote", {}, parts);
      shown.push(quoted);
    } else {
      // A quote is a block and needs no line break after it
      shown.push(...(shown.length && !quoted ? ["\n"] : []), ...parts);
      quoted = null;
    }
  }
  return shown;
}

function inline(text, isVerbatim) {
  return split(
    text,
    INLINE,
    (plain) => words(plain, isVerbatim),
    (found) => shownAs(found, isVerbatim),
  );
}

/** `text` split at the matches of `pattern`: `between` maps the text between matches, `at` the matches. */
function split(text, pattern, between, at) {
  const shown = [];
  let end = 0;
  for (const found of text.matchAll(pattern)) {
    if (found.index > end) {
      shown.push(...between(text.slice(end, found.index)));
    }
    shown.push(...at(found));
    end = found.index + found[0].length;
  }
  if (end < text.length) {
    shown.push(...between(text.slice(end)));
  }
  return shown;
}

function shownAs(found, isVerbatim) {
  const { angled, code, emoji, bold, italic, strike } = found.groups;
  if (angled) {
    return [special(angled)];
  }
  if (code) {
    return [h("code", {}, unescaped(code))];
  }
  if (emoji) {
    return [emojiOf(emoji) ?? found[0]];
  }
  const [tag, inner] = bold ? ["strong", bold] : italic ? ["em", italic] : ["s", strike];
  return [h(tag, {}, inline(inner, isVerbatim))];
}

function special(angled) {
  const [target, ...labels] = angled.split("|");
  const label = labels.length ? unescaped(labels.join("|")) : null;
  if (target.startsWith("@")) {
    return mention(target.slice(1));
  }
  if (target.startsWith("#")) {
    return channelLink(target.slice(1), label);
  }
  if (target.startsWith("!")) {
    return broadcast(target.slice(1));
  }
  return link(unescaped(target), label ?? unescaped(target));
}

function words(text, isVerbatim) {
  if (isVerbatim) {
    return [unescaped(text)];
  }
  return split(
    text,
    BARE,
    (plain) => [unescaped(plain)],
    (found) => [link(unescaped(found[0]), unescaped(found[0]))],
  );
}
