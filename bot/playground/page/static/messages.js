// A message as elements.

import { runAction } from "./actions.js";
import { attachmentsOf } from "./attachments.js";
import { blocksOf } from "./blocks.js";
import { h } from "./dom.js";
import { shownEmoji } from "./emoji.js";
import { icon, mark } from "./icons.js";
import { mrkdwn, plainOf } from "./mrkdwn.js";
import { all, constants, user } from "./state.js";
import { messageTarget } from "./target.js";
import { clock, full } from "./times.js";

/** A message; `options`: isCompact (follows one by the same person), replies (of its thread), openThread, editor. */
export function messageOf(message, options) {
  if (message.subtype === "tombstone" || message.subtype === "channel_join") {
    return h("div", { class: "notice" }, mrkdwn(message.text));
  }
  const author = user(message.user);
  return h(
    "article",
    {
      class: ["message", options.isCompact && "compact", message.seen_by && "ephemeral"],
      tabindex: -1,
      "aria-label": `${author.name} at ${clock(message.ts)}`,
    },
    options.isCompact ? h("div", { class: "gutter" }, time(message)) : avatar(author),
    h(
      "div",
      { class: "message-body" },
      message.seen_by && onlyYou(message),
      !options.isCompact && byline(author, message),
      options.editor ?? content(message),
      attachmentsOf(message),
      reactions(message),
      options.replies?.length > 0 && repliesLink(options),
    ),
  );
}

/** A person's avatar, or the bot's. */
export function avatar(author) {
  const isOurs = author.id === constants.bot;
  return h(
    "div",
    { class: ["avatar", isOurs ? "bot" : `person-${hue(author.id)}`], "aria-hidden": "true" },
    isOurs ? mark() : author.name.slice(0, 1),
  );
}

/** The notification text of a message. */
export function notificationOf(message) {
  const names = message.files.map(({ title, name }) => title ?? name).join(", ");
  return plainOf(message.text) || names || "(no notification text)";
}

function hue(id) {
  return Math.max(0, all("user").findIndex((one) => one.id === id)) % 4;
}

function byline(author, message) {
  return h(
    "div",
    { class: "byline" },
    h("span", { class: "author" }, author.name),
    author.bot_id && h("span", { class: "app-badge" }, "App"),
    time(message),
  );
}

function time(message) {
  return h("time", { title: full(message.ts) }, clock(message.ts));
}

function onlyYou(message) {
  return h(
    "div",
    { class: "only-you" },
    icon("eye"),
    h("span", {}, "Only visible to you"),
    h(
      "button",
      { type: "button", class: "link-button", onclick: () => runAction("dismiss", { channel: message.channel, ts: message.ts }) },
      "Dismiss",
    ),
  );
}

function content(message) {
  if (!message.text && !message.blocks.length) {
    return null;
  }
  const shown = message.blocks.length
    ? blocksOf(message.blocks, messageTarget(message))
    : h("div", { class: "text" }, mrkdwn(message.text));
  return h("div", { class: "content" }, shown, message.edited_ts && h("span", { class: "edited" }, "(edited)"));
}

function reactions(message) {
  if (!message.reactions.length) {
    return null;
  }
  const chips = message.reactions.map(([name, users]) => {
    const isMine = users.includes(constants.viewer);
    const who = users.map((id) => user(id).name).join(", ");
    const fields = { channel: message.channel, ts: message.ts, name, is_added: !isMine };
    return h(
      "button",
      {
        type: "button",
        class: "reaction",
        "aria-pressed": String(isMine),
        "aria-label": `${name}: ${users.length}, by ${who}`,
        title: who,
        onclick: () => runAction("react", fields),
      },
      h("span", { class: "emoji" }, shownEmoji(name)),
      String(users.length),
    );
  });
  return h("div", { class: "reactions", role: "group", "aria-label": "Reactions" }, chips);
}

function repliesLink({ replies, openThread }) {
  const count = replies.length === 1 ? "1 reply" : `${replies.length} replies`;
  return h(
    "button",
    { type: "button", class: "replies", onclick: openThread },
    avatar(user(replies.at(-1).user)),
    h("strong", {}, count),
    h("span", {}, `Last reply at ${clock(replies.at(-1).ts)}`),
  );
}
