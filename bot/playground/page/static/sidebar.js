// The sidebar: where one can go, whom one plays, and the switches for the theme and the inspector.

import { act } from "./acts.js";
import { h, nodes } from "./dom.js";
import { icon, mark } from "./icons.js";
import { all, go, isDirect, opening, picture, place, subscribe, titleOf, user } from "./state.js";
import { switchTheme } from "./theme.js";
import { unread } from "./arrivals.js";

const element = document.getElementById("sidebar");

/** Draw the sidebar, and follow the picture. */
export function startSidebar({ play, toggleInspector }) {
  subscribe((keys, isFresh) => {
    if (isFresh || keys.some((key) => key === "place" || key === "connections" || /^(channel|message)\//.test(key))) {
      draw(play, toggleInspector);
    }
  });
  document.addEventListener("pointerdown", (event) => {
    if (!element.contains(event.target)) {
      showSidebar(false);
    }
  });
  element.addEventListener("keydown", (event) => event.key === "Escape" && showSidebar(false));
}

/** Slide the sidebar in, where the window is narrow. */
export function showSidebar(isShown) {
  document.body.classList.toggle("in-sidebar", isShown);
  if (isShown) {
    element.querySelector("[aria-current]")?.focus();
  }
}

function draw(play, toggleInspector) {
  const focused = element.contains(document.activeElement) ? document.activeElement.dataset.name : null;
  const channels = all("channel");
  const direct = channels.find((one) => one.kind === "im");
  const groups = channels.filter((one) => one.kind === "mpim");
  const parts = [
    h("div", { class: "workspace-name" }, h("span", { class: "avatar bot", "aria-hidden": "true" }, mark()), h("strong", {}, opening.team)),
    person(play),
    h("h2", {}, "Channels"),
    h("ul", {}, channels.filter((one) => !isDirect(one.id)).map((one) => item(one.id, icon("hash"), one.name))),
    groups.length > 0 && [
      h("h2", {}, "Direct messages"),
      h("ul", {}, groups.map((one) => item(one.id, icon("people"), titleOf(one.id)))),
    ],
    h("h2", {}, "Apps"),
    h(
      "ul",
      {},
      direct && item(direct.id, mark(), titleOf(direct.id), () => act("open-tab", { tab: "messages" })),
      direct && item("home", icon("home"), "Home tab", () => act("open-tab", { tab: "home" })),
    ),
    h(
      "div",
      { class: "sidebar-foot" },
      connection(),
      tool("theme", "theme", "Light or dark", switchTheme),
      tool("inspector", "code", "Inspector", toggleInspector),
    ),
  ];
  element.replaceChildren(...nodes(parts));
  element.querySelector(`[data-name="${focused}"]`)?.focus();
}

function person(play) {
  const people = all("user").filter((one) => !one.is_bot);
  return h(
    "div",
    { class: "play-as", role: "group", "aria-label": "Play as" },
    people.map((one) =>
      h(
        "button",
        {
          type: "button",
          "data-name": one.id,
          "aria-pressed": String(one.id === opening.viewer),
          onclick: () => one.id !== opening.viewer && play(one.id),
        },
        one.name,
      ),
    ),
  );
}

function item(id, sign, label, opened = () => {}) {
  const count = unread.get(id) ?? 0;
  return h(
    "li",
    {},
    h(
      "button",
      {
        type: "button",
        class: ["place", count > 0 && "unread"],
        "data-name": id,
        "aria-current": place.channel === id ? "page" : null,
        onclick: () => {
          go(id);
          opened();
          showSidebar(false);
        },
      },
      sign,
      h("span", { class: "place-name" }, label),
      count > 0 && h("span", { class: "count" }, String(count), h("span", { class: "visually-hidden" }, " unread")),
    ),
  );
}

function connection() {
  const count = picture.get("connections") ?? 0;
  const name = user(opening.bot).name;
  return h(
    "p",
    { class: ["connection", count > 0 && "is-on"] },
    count > 0 ? `${name} is connected` : `${name} is not connected`,
  );
}

function tool(name, sign, label, onclick) {
  return h("button", { type: "button", class: "tool", "data-name": name, onclick }, icon(sign), h("span", {}, label));
}
