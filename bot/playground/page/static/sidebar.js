// The sidebar: conversations, the person to act as, and the buttons for theme and inspector.

import { runAction } from "./actions.js";
import { h, nodes } from "./dom.js";
import { icon, mark } from "./icons.js";
import { all, go, isDirect, constants, state, current, subscribe, titleOf, user } from "./state.js";
import { switchTheme } from "./theme.js";
import { unread } from "./incoming.js";

const element = document.getElementById("sidebar");

/** Draw the sidebar at each change. */
export function startSidebar({ actAs, toggleInspector }) {
  subscribe((keys, isFresh) => {
    if (isFresh || keys.some((key) => key === "current" || key === "connections" || /^(channel|message)\//.test(key))) {
      draw(actAs, toggleInspector);
    }
  });
  document.addEventListener("pointerdown", (event) => {
    if (!element.contains(event.target)) {
      showSidebar(false);
    }
  });
  element.addEventListener("keydown", (event) => event.key === "Escape" && showSidebar(false));
}

/** Show or hide the sidebar in a narrow window. */
export function showSidebar(isShown) {
  document.body.classList.toggle("in-sidebar", isShown);
  if (isShown) {
    element.querySelector("[aria-current]")?.focus();
  }
}

function draw(actAs, toggleInspector) {
  const focused = element.contains(document.activeElement) ? document.activeElement.dataset.name : null;
  const channels = all("channel");
  const direct = channels.find((one) => one.kind === "im");
  const groups = channels.filter((one) => one.kind === "mpim");
  const parts = [
    h("div", { class: "workspace-name" }, h("span", { class: "avatar bot", "aria-hidden": "true" }, mark()), h("strong", {}, constants.team)),
    people(actAs),
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
      direct && item(direct.id, mark(), titleOf(direct.id), () => runAction("open-tab", { tab: "messages" })),
      direct && item("home", icon("home"), "Home tab", () => runAction("open-tab", { tab: "home" })),
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

function people(actAs) {
  const persons = all("user").filter((one) => !one.bot_id);
  return h(
    "div",
    { class: "act-as", role: "group", "aria-label": "Act as" },
    persons.map((one) =>
      h(
        "button",
        {
          type: "button",
          "data-name": one.id,
          "aria-pressed": String(one.id === constants.viewer),
          onclick: () => one.id !== constants.viewer && actAs(one.id),
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
        class: ["sidebar-item", count > 0 && "unread"],
        "data-name": id,
        "aria-current": current.channel === id ? "page" : null,
        onclick: () => {
          go(id);
          opened();
          showSidebar(false);
        },
      },
      sign,
      h("span", { class: "item-name" }, label),
      count > 0 && h("span", { class: "count" }, String(count), h("span", { class: "visually-hidden" }, " unread")),
    ),
  );
}

function connection() {
  const count = state.get("connections") ?? 0;
  const name = user(constants.bot).name;
  return h(
    "p",
    { class: ["connection", count > 0 && "is-on"] },
    count > 0 ? `${name} is connected` : `${name} is not connected`,
  );
}

function tool(name, sign, label, onclick) {
  return h("button", { type: "button", class: "tool", "data-name": name, onclick }, icon(sign), h("span", {}, label));
}
