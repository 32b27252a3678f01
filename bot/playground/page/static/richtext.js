// A rich_text block as elements: texts are shown literally, formatted by their styles alone.

import { h, link } from "./dom.js";
import { unsupported } from "./unsupported.js";

export function richText(block) {
  return h("div", { class: "rich-text" }, block.elements.map(partOf));
}

function partOf(part) {
  switch (part.type) {
    case "rich_text_section":
      return h("div", { class: "rich-section" }, part.elements.map(elementOf));
    case "rich_text_quote":
      return h("blockquote", {}, part.elements.map(elementOf));
    case "rich_text_list":
      return h("ul", { class: "rich-list" }, part.elements.map((item) => h("li", {}, item.elements.map(elementOf))));
    default:
      return unsupported("rich text part", part);
  }
}

function elementOf(element) {
  const shown = contentOf(element);
  return element.style?.bold ? h("strong", {}, shown) : shown;
}

function contentOf(element) {
  switch (element.type) {
    case "text":
      return element.text;
    case "link":
      return link(element.url, element.text || element.url);
    default:
      return unsupported("rich text element", element);
  }
}
