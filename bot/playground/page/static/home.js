// The app's Home tab for this person.

import { blocksOf } from "./blocks.js";
import { h } from "./dom.js";
import { viewTarget } from "./target.js";

/** The Home tab; `view` is null if the app has not published one. */
export function homeOf(view) {
  return h(
    "div",
    { class: "scroller home", tabindex: 0, role: "region", "aria-label": "Home tab" },
    view
      ? h("div", { class: "home-blocks" }, blocksOf(view.blocks, viewTarget(view)))
      : h("p", { class: "empty" }, "This app has not published a Home tab."),
  );
}
