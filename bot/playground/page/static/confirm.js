// A question before something is done; the browser's own dialog element keeps the focus inside and gives it back.

import { h } from "./dom.js";

/** Ask; resolves to whether the person agreed. Texts are children (see dom.js); without `no` there is only one way. */
export function confirm({ title, text, yes, no = null, isDangerous = false }) {
  return new Promise((resolve) => {
    const dialog = h(
      "dialog",
      { class: "small", "aria-labelledby": "confirm-title", onclose: () => (dialog.remove(), resolve(dialog.returnValue === "yes")) },
      h(
        "form",
        { method: "dialog" },
        h("header", {}, h("h2", { id: "confirm-title" }, title)),
        h("div", { class: "dialog-body" }, text),
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
