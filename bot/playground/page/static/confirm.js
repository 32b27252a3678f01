// Confirmation dialogs; the browser's dialog element traps the focus and restores it.

import { h } from "./dom.js";

/** Resolves to whether the person agreed. Texts are children (see dom.js); without `no` there is one button. `isLarge` is for pictures. */
export function confirm({ title, text, yes, no = null, isDangerous = false, isLarge = false }) {
  return new Promise((resolve) => {
    const dialog = h(
      "dialog",
      { class: isLarge ? "large" : "small", "aria-labelledby": "confirm-title", onclose: () => (dialog.remove(), resolve(dialog.returnValue === "yes")) },
      h(
        "form",
        { method: "dialog" },
        h("header", {}, h("h2", { id: "confirm-title" }, title)),
        // A body that has to be scrolled must be reachable by keyboard
        h("div", { class: "dialog-body", tabindex: isLarge ? 0 : null }, text),
        h(
          "footer",
          {},
          no && h("button", { class: "button", value: "no" }, no),
          h("button", { class: ["button", isDangerous ? "danger" : "primary"], value: "yes", autofocus: true }, yes),
        ),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
