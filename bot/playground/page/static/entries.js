// The elements of blocks that hold something: what is typed, picked or ticked, as the browser's own controls.

import { h } from "./dom.js";
import { textOf } from "./texts.js";

let made = 0;

/** A maker for each type that holds something. */
export const ENTRIES = {
  plain_text_input: textInput,
  static_select: select,
  datepicker: datePicker,
  checkboxes: (given, held, hands) => choices(given, held, hands, "checkbox"),
  radio_buttons: (given, held, hands) => choices(given, held, hands, "radio"),
};

const INITIAL = {
  plain_text_input: (given) => given.initial_value ?? null,
  static_select: (given) => given.initial_option?.value ?? null,
  datepicker: (given) => given.initial_date ?? null,
  checkboxes: (given) => (given.initial_options ?? []).map((option) => option.value),
  radio_buttons: (given) => given.initial_option?.value ?? null,
};

/** The control for `given`; `press`, where given, is told at once. `id` ties it to the label of an input block. */
export function entryFor(given, block, surface, press, id = null) {
  const changed = (entry) => {
    surface.enter(block, given, entry);
    press?.(entry);
  };
  const typed = (entry) => surface.enter(block, given, entry);
  const held = surface.held(block, given, INITIAL[given.type](given));
  const control = ENTRIES[given.type](given, held, { changed, typed, dispatches: Boolean(press) });
  if (id && control.tagName !== "FIELDSET") {
    control.id = id;
    control.setAttribute("aria-describedby", `${id}-hint ${id}-error`);
  } else if (!id) {
    control.setAttribute("aria-label", given.placeholder?.text ?? "Choose");
  }
  control.toggleAttribute("autofocus", Boolean(given.focus_on_load));
  return control;
}

function textInput(given, held, { changed, typed, dispatches }) {
  const control = h(given.multiline ? "textarea" : "input", {
    type: given.multiline ? null : "text",
    rows: given.multiline ? 4 : null,
    maxlength: given.max_length ?? 3000,
    placeholder: given.placeholder?.text,
    autocomplete: "off",
    oninput: () => typed(control.value),
    onkeydown: (event) => {
      // Where the app wants to be told of Enter, Enter does not submit
      if (event.key === "Enter" && !given.multiline && dispatches) {
        event.preventDefault();
        changed(control.value);
      }
    },
  });
  control.value = held ?? "";
  return control;
}

function select(given, held, { changed }) {
  const placeholder = h("option", { value: "", disabled: held !== null }, given.placeholder?.text ?? "Select an option");
  const options = given.options.map((option) => h("option", { value: option.value }, option.text.text));
  const control = h("select", { onchange: () => changed(control.value || null) }, placeholder, options);
  control.value = held ?? "";
  return control;
}

function datePicker(given, held, { changed }) {
  const control = h("input", { type: "date", onchange: () => changed(control.value || null) });
  control.value = held ?? "";
  return control;
}

function choices(given, held, { changed }, type) {
  made += 1;
  const name = `choice-${made}`;
  const boxes = given.options.map((option) => {
    const box = h("input", { type, name, value: option.value, onchange: () => changed(chosen()) });
    box.checked = [held].flat().includes(option.value);
    const about = option.description && h("span", { class: "hint" }, textOf(option.description));
    return [box, h("label", { class: "choice" }, box, h("span", {}, textOf(option.text), about))];
  });
  const chosen = () => {
    const values = boxes.filter(([box]) => box.checked).map(([box]) => box.value);
    return type === "radio" ? (values[0] ?? null) : values;
  };
  return h("fieldset", { class: "choices" }, boxes.map(([, label]) => label));
}
