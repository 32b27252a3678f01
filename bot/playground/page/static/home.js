// The app's Home tab, as the app published it for this person.

import { blocksOf } from "./blocks.js";
import { h } from "./dom.js";
import { viewSurface } from "./surface.js";

/** The Home tab; `view` is null while the app has published none. */
export function homeOf(view) {
  return h(
    "div",
    { class: "scroller home", tabindex: 0, role: "region", "aria-label": "Home tab" },
    view
      ? h("div", { class: "home-blocks" }, blocksOf(view.blocks, viewSurface(view)))
      : h("p", { class: "empty" }, "This app has not published a Home tab."),
  );
}
