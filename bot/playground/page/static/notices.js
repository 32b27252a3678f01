// Short notices in the corner, and announcements for screen readers.

import { h } from "./dom.js";
import { icon } from "./icons.js";

const SHOWN_FOR = 7000;

/** Show `text` for some seconds; `kind` is "warning" or "message". A click on it calls `onclick`. */
export function toast(text, kind, title = null, onclick = null) {
  const close = () => notice.remove();
  const body = [title && h("strong", {}, title), h("span", {}, text)];
  const notice = h(
    "div",
    { class: ["toast", kind === "warning" && "warning"], role: kind === "warning" ? "alert" : null },
    kind === "warning" && icon("warning"),
    onclick
      ? h("button", { type: "button", class: "toast-body", onclick: () => (close(), onclick()) }, body)
      : h("p", { class: "toast-body" }, body),
    h("button", { type: "button", class: "icon-button", "aria-label": "Dismiss notification", onclick: close }, icon("close")),
  );
  document.getElementById("toasts").append(notice);
  setTimeout(close, SHOWN_FOR);
}

/** Announce `text` to screen readers. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}
