// Block Kit blocks as elements.

import { button, feedbackButtons, overflow, textInput } from "./elements.js";
import { h } from "./dom.js";
import { textOf } from "./mrkdwn.js";
import { richText } from "./richtext.js";
import { unsupported } from "./unsupported.js";

/** The elements for `blocks`; clicks in them go to `target` (see target.js). */
export function blocksOf(blocks, target) {
  return blocks.map((block) => h("div", { class: ["block", `block-${block.type}`] }, contentOf(block, target)));
}

function contentOf(block, target) {
  switch (block.type) {
    case "section":
      return h("div", { class: "text" }, textOf(block.text));
    case "header":
      return h("h3", {}, textOf(block.text));
    case "context":
      return h("div", { class: "context" }, block.elements.map((text) => h("span", { class: "text" }, textOf(text))));
    case "actions":
    case "context_actions":
      return h(
        "div",
        { class: "actions", role: "group", "aria-label": "Actions" },
        block.elements.map((element) => elementOf(element, block, target)),
      );
    case "input":
      return input(block, target);
    case "rich_text":
      return richText(block);
    default:
      return unsupported("block", block);
  }
}

function elementOf(element, block, target) {
  switch (element.type) {
    case "button":
      return button(element, block, target);
    case "overflow":
      return overflow(element, block, target);
    case "feedback_buttons":
      return feedbackButtons(element, block, target);
    default:
      return unsupported("element", element);
  }
}

/** An input block: label, control, hint and a place for its error. */
function input(block, target) {
  if (block.element.type !== "plain_text_input") {
    return unsupported("input", block.element);
  }
  const id = `input-${block.block_id}`;
  return h(
    "div",
    { class: "input", "data-block": block.block_id },
    h("label", { for: id }, textOf(block.label), block.optional && h("span", { class: "optional" }, " (optional)")),
    textInput(block.element, block, target, id),
    block.hint && h("p", { class: "hint", id: `${id}-hint` }, textOf(block.hint)),
    h("p", { class: "error", id: `${id}-error`, role: "alert" }),
  );
}
