// Slack's mrkdwn as elements: angle-bracket links and mentions, *bold* _italic_ ~strike~ `code`, fences, quotes, emoji.

import { h, link } from "./dom.js";
import { emojiOf } from "./emoji.js";
import { channel, opening, user } from "./state.js";
import { formatted } from "./times.js";

const FENCE = /```\n?([\s\S]+?)```\n?/g;
// What stands inside a line, whichever comes first; a mark opens after no letter and closes before none
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

/** The children that show `text`; `isVerbatim` leaves bare addresses unlinked. */
export function mrkdwn(text, isVerbatim = false) {
  return parted(
    text,
    FENCE,
    (plain) => lines(plain, isVerbatim),
    (fence) => [h("pre", { tabindex: 0 }, unescaped(fence[1]))],
  );
}

/** `text` in words alone, as a notification shows it. */
export function plainOf(text) {
  const holder = h("div", {}, mrkdwn(text, true));
  return holder.textContent;
}

/** Slack's three entities turned back, the ampersand last. */
export function unescaped(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/** A person's name after an at sign. */
export function mention(id) {
  return h("span", { class: ["mention", id === opening.viewer && "me"] }, `@${user(id).name}`);
}

export function channelLink(id, label = null) {
  return h("span", { class: "mention" }, `#${channel(id)?.name ?? label ?? id}`);
}

export function broadcast(range) {
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
      // A block ends its own line
      shown.push(...(shown.length && !quoted ? ["\n"] : []), ...parts);
      quoted = null;
    }
  }
  return shown;
}

function inline(text, isVerbatim) {
  return parted(
    text,
    INLINE,
    (plain) => words(plain, isVerbatim),
    (found) => shownAs(found, isVerbatim),
  );
}

/** What `between` makes of the stretches of `text` between the matches of `pattern`, and `at` of the matches. */
function parted(text, pattern, between, at) {
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
  if (target.startsWith("!date^")) {
    const [, timestamp, format, url] = target.split("^");
    const shown = formatted(Number(timestamp), unescaped(format));
    return url ? link(unescaped(url), shown) : h("time", {}, shown);
  }
  if (target.startsWith("!")) {
    return target.startsWith("!subteam") ? h("span", { class: "mention" }, label ?? "@group") : broadcast(target.slice(1));
  }
  return link(unescaped(target), label ?? unescaped(target));
}

function words(text, isVerbatim) {
  if (isVerbatim) {
    return [unescaped(text)];
  }
  return parted(
    text,
    BARE,
    (plain) => [unescaped(plain)],
    (found) => [link(unescaped(found[0]), unescaped(found[0]))],
  );
}
