// The elements of blocks that a person acts on: buttons and menus, and what is chosen at once.

import { confirm } from "./confirm.js";
import { h, link, linkable } from "./dom.js";
import { ENTRIES, entryFor } from "./entries.js";
import { icon } from "./icons.js";
import { openMenu } from "./menu.js";
import { opening } from "./state.js";
import { markOf } from "./surface.js";
import { textOf } from "./texts.js";
import { unknown } from "./unknown.js";

/** The element `given` of `block`; pressing or choosing tells the app at once. */
export function element(given, block, surface) {
  const press = async (entry, busy) => {
    if (given.confirm && !(await confirm(wordsOf(given.confirm)))) {
      return false;
    }
    busy?.setAttribute("aria-busy", "true");
    const answer = await surface.press(block, given, entry);
    busy?.removeAttribute("aria-busy");
    return answer !== null;
  };
  switch (given.type) {
    case "button":
      return button(given, press);
    case "icon_button":
      return iconButton(given, press);
    case "overflow":
      return overflow(given, press);
    case "feedback_buttons":
      return feedback(given, block, surface, press);
    default:
      return given.type in ENTRIES ? entryFor(given, block, surface, press) : unknown("element", given);
  }
}

/** An input block: label, entry, hint and a place for what is wrong with it. */
export function input(block, surface) {
  const given = block.element;
  if (!(given.type in ENTRIES)) {
    return unknown("input", given);
  }
  const id = `input-${block.block_id}`;
  const press = block.dispatch_action ? (entry) => surface.press(block, given, entry) : null;
  const entry = entryFor(given, block, surface, press, id);
  const label = [...textOf(block.label), block.optional && h("span", { class: "optional" }, " (optional)")];
  const isGroup = entry.tagName === "FIELDSET";
  if (isGroup) {
    entry.prepend(h("legend", {}, label));
  }
  return h(
    "div",
    { class: "input", "data-block": block.block_id },
    !isGroup && h("label", { for: id }, label),
    entry,
    block.hint && h("p", { class: "hint", id: `${id}-hint` }, textOf(block.hint)),
    h("p", { class: "error", id: `${id}-error`, role: "alert" }),
  );
}

function button(given, press) {
  const name = given.accessibility_label ?? null;
  const look = ["button", given.style];
  if (given.url && linkable(given.url)) {
    const opened = link(given.url, textOf(given.text));
    opened.className = look.filter(Boolean).join(" ");
    opened.addEventListener("click", () => press(null, opened));
    return opened;
  }
  const made = h(
    "button",
    { type: "button", class: look, "aria-label": name, onclick: () => press(null, made) },
    textOf(given.text),
  );
  return made;
}

function iconButton(given, press) {
  if (given.visible_to_user_ids && !given.visible_to_user_ids.includes(opening.viewer)) {
    return null;
  }
  const name = given.accessibility_label ?? given.text.text;
  const made = h(
    "button",
    { type: "button", class: "icon-button", "aria-label": name, title: given.text.text, onclick: () => press(null, made) },
    icon(given.icon),
  );
  return made;
}

function overflow(given, press) {
  const items = given.options.map((option) => ({
    label: textOf(option.text),
    choose: () => {
      if (option.url && linkable(option.url)) {
        window.open(option.url, "_blank", "noreferrer,noopener");
      }
      press(option.value, made);
    },
  }));
  const made = h(
    "button",
    {
      type: "button",
      class: "icon-button bordered",
      "aria-label": "More options",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      onclick: () => openMenu(made, "More options", items),
    },
    icon("more"),
  );
  return made;
}

function feedback(given, block, surface, press) {
  const made = [
    ["thumb-up", given.positive_button],
    ["thumb-down", given.negative_button],
  ].map(([name, side]) => {
    const one = h(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-label": side.accessibility_label ?? side.text.text,
        title: side.text.text,
        "aria-pressed": String(surface.held(block, given, null)?.mark === side.value),
        onclick: async () => {
          if (await press(side.value, one)) {
            surface.enter(block, given, markOf(side.value));
            made.forEach((other) => other.setAttribute("aria-pressed", String(other === one)));
          }
        },
      },
      icon(name),
    );
    return one;
  });
  return h("span", { class: "feedback", role: "group", "aria-label": "Feedback" }, made);
}

function wordsOf(given) {
  return {
    title: textOf(given.title),
    text: textOf(given.text),
    yes: textOf(given.confirm),
    no: textOf(given.deny),
    isDangerous: given.style === "danger",
  };
}
