// The app's modals: the one on top is a dialog of the browser's, which keeps the focus inside and gives it back.

import { act } from "./acts.js";
import { blocksOf } from "./blocks.js";
import { focusComposer } from "./conversation.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { picture, subscribe } from "./state.js";
import { viewSurface } from "./surface.js";
import { textOf } from "./texts.js";

const dialog = h("dialog", { class: "modal", "aria-labelledby": "modal-title" });
let shown = null;

/** Follow the modals that the person has open. */
export function startModals() {
  document.body.append(dialog);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    close(false);
  });
  subscribe((keys, isFresh) => {
    if (isFresh || keys.includes("modals")) {
      show(picture.get("modals")?.at(-1) ?? null);
    }
  });
}

function show(view) {
  if (view === null) {
    shown?.surface.forget();
    shown = null;
    if (dialog.open) {
      dialog.close();
      // What opened the modal may have been drawn anew since
      if (document.activeElement === document.body) {
        focusComposer();
      }
    }
    return;
  }
  const isSame = shown?.view.id === view.id;
  const focused = isSame ? document.activeElement?.id : null;
  const surface = viewSurface(view);
  shown = { view, surface };
  dialog.replaceChildren(formOf(view, surface));
  if (!dialog.open) {
    dialog.showModal();
  }
  focusIn(focused);
}

function focusIn(focused) {
  const first = dialog.querySelector("[autofocus]") ?? dialog.querySelector(".dialog-body :is(input, textarea, select)");
  const target = (focused && document.getElementById(focused)) || first || dialog.querySelector("footer button");
  target?.focus();
}

function formOf(view, surface) {
  const isStacked = picture.get("modals").length > 1;
  const submit = view.submit && h("button", { type: "submit", class: "button primary" }, textOf(view.submit));
  return h(
    "form",
    { novalidate: true, onsubmit: (event) => (event.preventDefault(), send(view, surface, submit)) },
    h(
      "header",
      {},
      h("h2", { id: "modal-title" }, textOf(view.title)),
      h(
        "button",
        {
          type: "button",
          class: "icon-button",
          "aria-label": isStacked ? "Close all" : "Close",
          onclick: () => close(isStacked),
        },
        icon("close"),
      ),
    ),
    h("div", { class: "dialog-body" }, blocksOf(view.blocks, surface)),
    h(
      "footer",
      {},
      h(
        "button",
        { type: "button", class: "button", onclick: () => close(false) },
        view.close ? textOf(view.close) : isStacked ? "Back" : view.submit ? "Cancel" : "Close",
      ),
      submit,
    ),
  );
}

async function send(view, surface, submit) {
  if (!submit || submit.getAttribute("aria-busy")) {
    return;
  }
  complain({});
  submit.setAttribute("aria-busy", "true");
  const answer = await act("submit", { view_id: view.id, entries: surface.stateful() });
  submit.removeAttribute("aria-busy");
  if (answer) {
    complain(answer.errors);
  }
}

function complain(errors) {
  let first = null;
  for (const entry of dialog.querySelectorAll(".input")) {
    const said = errors[entry.dataset.block] ?? "";
    const control = entry.querySelector("input, textarea, select");
    entry.querySelector(".error").textContent = said;
    control.toggleAttribute("aria-invalid", false);
    if (said) {
      control.setAttribute("aria-invalid", "true");
      first ??= control;
    }
  }
  first?.focus();
}

function close(isCleared) {
  if (shown) {
    act("close", { view_id: shown.view.id, is_cleared: isCleared });
  }
}
