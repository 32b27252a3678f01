// What the page cannot show is never left out in silence.

import { h } from "./dom.js";
import { icon } from "./icons.js";

/** A visible warning in the place of a block or element whose type the page does not know. */
export function unknown(what, given) {
  return h(
    "div",
    { class: "unknown", role: "note" },
    icon("warning"),
    h("span", {}, `The playground cannot show this ${what}: `, h("code", {}, String(given?.type))),
  );
}
