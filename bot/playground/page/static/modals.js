// The app's modals: the top one is shown in a dialog element, which traps the focus and restores it.

import { runAction } from "./actions.js";
import { blocksOf } from "./blocks.js";
import { focusMessageBox } from "./conversation.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { state, subscribe } from "./state.js";
import { viewTarget } from "./target.js";
import { textOf } from "./mrkdwn.js";

const dialog = h("dialog", { class: "modal", "aria-labelledby": "modal-title" });
let shown = null;

/** Show the person's top modal from now on. */
export function startModals() {
  document.body.append(dialog);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    close(false);
  });
  subscribe((keys, isFresh) => {
    if (isFresh || keys.includes("modals")) {
      show(state.get("modals")?.at(-1) ?? null);
    }
  });
}

function show(view) {
  if (view === null) {
    shown?.target.forget();
    shown = null;
    if (dialog.open) {
      dialog.close();
      // The element that opened the modal may have been redrawn
      if (document.activeElement === document.body) {
        focusMessageBox();
      }
    }
    return;
  }
  const isSame = shown?.view.id === view.id;
  const focused = isSame ? document.activeElement?.id : null;
  const target = viewTarget(view);
  shown = { view, target };
  dialog.replaceChildren(formOf(view, target));
  if (!dialog.open) {
    dialog.showModal();
  }
  focusIn(focused);
}

function focusIn(focused) {
  const first = dialog.querySelector(".dialog-body :is(input, textarea)");
  const target = (focused && document.getElementById(focused)) || first || dialog.querySelector("footer button");
  target?.focus();
}

function formOf(view, target) {
  const isStacked = state.get("modals").length > 1;
  const submit = view.submit && h("button", { type: "submit", class: "button primary" }, textOf(view.submit));
  return h(
    "form",
    { novalidate: true, onsubmit: (event) => (event.preventDefault(), send(view, target, submit)) },
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
    h("div", { class: "dialog-body" }, blocksOf(view.blocks, target)),
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

async function send(view, target, submit) {
  if (!submit || submit.getAttribute("aria-busy")) {
    return;
  }
  showErrors({});
  submit.setAttribute("aria-busy", "true");
  const answer = await runAction("submit", { view_id: view.id, inputs: target.inputs });
  submit.removeAttribute("aria-busy");
  if (answer) {
    showErrors(answer.errors);
  }
}

function showErrors(errors) {
  let first = null;
  for (const input of dialog.querySelectorAll(".input")) {
    const error = errors[input.dataset.block] ?? "";
    const control = input.querySelector("input, textarea");
    input.querySelector(".error").textContent = error;
    control.toggleAttribute("aria-invalid", false);
    if (error) {
      control.setAttribute("aria-invalid", "true");
      first ??= control;
    }
  }
  first?.focus();
}

function close(isCleared) {
  if (shown) {
    runAction("close", { view_id: shown.view.id, is_cleared: isCleared });
  }
}
