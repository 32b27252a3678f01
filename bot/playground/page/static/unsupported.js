// A warning in the place of something that the page cannot show.

import { h } from "./dom.js";
import { icon } from "./icons.js";

/** A warning in the place of a block or element of an unsupported type. */
export function unsupported(what, part) {
  return h(
    "div",
    { class: "unsupported", role: "note" },
    icon("warning"),
    h("span", {}, `The playground does not support this ${what}: `, h("code", {}, String(part?.type))),
  );
}
