// Blocks as elements. What a person can act on is made by elements.js.

import { h, link, nodes } from "./dom.js";
import { element, input } from "./elements.js";
import { icon } from "./icons.js";
import { richText } from "./richtext.js";
import { textOf } from "./texts.js";
import { unknown } from "./unknown.js";

const TREE_TAGS = new Set(
  "p h1 h2 h3 h4 h5 h6 ul ol li blockquote strong em s a code pre hr table thead tbody tr th td".split(" "),
);

/** The elements for `blocks`; `surface` takes what is done to them (see surface.js). */
export function blocksOf(blocks, surface) {
  return blocks.map((block) => h("div", { class: ["block", `block-${block.type}`] }, shown(block, surface)));
}

function shown(block, surface) {
  const bound = (given) => (given.type === "image" ? picture(given) : element(given, block, surface));
  switch (block.type) {
    case "section":
      return section(block, bound);
    case "header":
      return h("h3", {}, textOf(block.text));
    case "divider":
      return h("hr", {});
    case "context":
      return h("div", { class: "context" }, block.elements.map(contextPart));
    case "actions":
    case "context_actions":
      return h("div", { class: "actions", role: "group", "aria-label": "Actions" }, block.elements.map(bound));
    case "image":
      return picture(block);
    case "input":
      return input(block, surface);
    case "rich_text":
      return richText(block);
    case "markdown":
      return h("div", { class: "markdown" }, tree(block.tree));
    default:
      return unknown("block", block);
  }
}

function section(block, bound) {
  return h(
    "div",
    { class: "section" },
    h(
      "div",
      { class: "section-body" },
      block.text && h("div", { class: "text" }, textOf(block.text)),
      block.fields && h("div", { class: "fields" }, block.fields.map((field) => h("div", { class: "text" }, textOf(field)))),
    ),
    block.accessory && h("div", { class: "accessory" }, bound(block.accessory)),
  );
}

function contextPart(part) {
  return part.type === "image" ? picture(part) : h("span", { class: "text" }, textOf(part));
}

// The page asks no other host for anything: a picture is told of, and left to be opened
function picture(block) {
  return h(
    "figure",
    { class: "picture" },
    icon("eye"),
    h("figcaption", {}, block.title && [...textOf(block.title), " · "], link(block.image_url, `Picture: ${block.alt_text}`)),
  );
}

function tree(children) {
  return nodes(
    children.map((child) => {
      if (typeof child === "string") {
        return child;
      }
      if (child.tag === "a") {
        return link(child.href, tree(child.children));
      }
      return TREE_TAGS.has(child.tag) ? h(child.tag, {}, tree(child.children)) : unknown("markdown", { type: child.tag });
    }),
  );
}
