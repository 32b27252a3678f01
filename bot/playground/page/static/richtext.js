// A rich_text block as elements: its texts are shown as they are, formatted by their styles alone.

import { h, link } from "./dom.js";
import { emojiOf } from "./emoji.js";
import { broadcast, channelLink, mention } from "./mrkdwn.js";
import { formatted } from "./times.js";
import { unknown } from "./unknown.js";

const STYLES = [["code", "code"], ["strike", "s"], ["underline", "u"], ["italic", "em"], ["bold", "strong"]];

export function richText(block) {
  return h("div", { class: "rich-text" }, block.elements.map(part));
}

function part(element) {
  switch (element.type) {
    case "rich_text_section":
      return h("div", { class: "rich-section" }, element.elements.map(inline));
    case "rich_text_quote":
      return h("blockquote", {}, element.elements.map(inline));
    case "rich_text_preformatted":
      return h("pre", { tabindex: 0 }, element.elements.map(inline));
    case "rich_text_list": {
      const isOrdered = element.style === "ordered";
      return h(
        isOrdered ? "ol" : "ul",
        { class: ["rich-list", `indent-${element.indent ?? 0}`], start: isOrdered && element.offset ? element.offset + 1 : null },
        element.elements.map((item) => h("li", {}, item.elements.map(inline))),
      );
    }
    default:
      return unknown("rich text part", element);
  }
}

function inline(element) {
  const style = element.style ?? {};
  return STYLES.reduce((shown, [name, tag]) => (style[name] ? h(tag, {}, shown) : shown), plain(element));
}

function plain(element) {
  switch (element.type) {
    case "text":
      return element.text;
    case "link":
      return link(element.url, element.text || element.url);
    case "user":
      return mention(element.user_id);
    case "channel":
      return channelLink(element.channel_id);
    case "usergroup":
      return h("span", { class: "mention" }, `@${element.usergroup_id}`);
    case "emoji":
      return emojiOf(element.name) ?? `:${element.name}:`;
    case "date": {
      const shown = formatted(element.timestamp, element.format);
      return element.url ? link(element.url, shown) : h("time", {}, shown);
    }
    case "broadcast":
      return broadcast(element.range);
    case "color":
      return h("code", {}, element.value);
    default:
      return unknown("rich text element", element);
  }
}
