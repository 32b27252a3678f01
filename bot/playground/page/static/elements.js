// The elements of blocks that a person uses: buttons, menus and text inputs.

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { openMenu } from "./menu.js";
import { textOf } from "./mrkdwn.js";

/** Send a click; resolves to whether the app responded properly. `control` is busy until then. */
async function click(element, block, target, value, control) {
  control.setAttribute("aria-busy", "true");
  const answer = await target.click(block, element, value);
  control.removeAttribute("aria-busy");
  return answer !== null;
}

export function button(element, block, target) {
  const control = h(
    "button",
    { type: "button", class: ["button", element.style], onclick: () => click(element, block, target, null, control) },
    textOf(element.text),
  );
  return control;
}

export function overflow(element, block, target) {
  const items = element.options.map((option) => ({
    label: textOf(option.text),
    choose: () => click(element, block, target, option.value, control),
  }));
  const control = h(
    "button",
    {
      type: "button",
      class: "icon-button bordered",
      "aria-label": "More options",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      onclick: () => openMenu(control, "More options", items),
    },
    icon("more"),
  );
  return control;
}

export function feedbackButtons(element, block, target) {
  const sides = [
    ["thumb-up", element.positive_button],
    ["thumb-down", element.negative_button],
  ];
  const controls = sides.map(([sign, side]) => {
    const control = h(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-label": side.text.text,
        title: side.text.text,
        "aria-pressed": String(target.rating === side.value),
        onclick: async () => {
          if (await click(element, block, target, side.value, control)) {
            target.rating = side.value;
            controls.forEach((other) => other.setAttribute("aria-pressed", String(other === control)));
          }
        },
      },
      icon(sign),
    );
    return control;
  });
  return h("span", { class: "feedback", role: "group", "aria-label": "Feedback" }, controls);
}

/** The control of an input block; `id` connects it to the block's label, hint and error. */
export function textInput(element, block, target, id) {
  const control = h(element.multiline ? "textarea" : "input", {
    id,
    type: element.multiline ? null : "text",
    rows: element.multiline ? 4 : null,
    maxlength: element.max_length ?? 3000,
    placeholder: element.placeholder?.text,
    autocomplete: "off",
    "aria-describedby": `${id}-hint ${id}-error`,
    oninput: () => target.setText(block, element, control.value),
  });
  control.value = target.textOf(block, element, element.initial_value ?? "");
  return control;
}
