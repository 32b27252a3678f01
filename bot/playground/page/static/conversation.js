// The middle of the page: the open conversation, its messages and where to write; or the app's Home tab.

import { act, say } from "./acts.js";
import { Composer } from "./composer.js";
import { h } from "./dom.js";
import { homeOf } from "./home.js";
import { icon } from "./icons.js";
import { MessageList } from "./messagelist.js";
import { channel, go, opening, picture, place, repliesOf, rootsOf, subscribe, titleOf } from "./state.js";
import { welcome } from "./welcome.js";

const element = document.getElementById("conversation");
const drafts = new Map();
let shown = null;

/** Draw the conversation, and follow the picture; `openSidebar` is for narrow windows. */
export function startConversation(openSidebar) {
  subscribe((keys, isFresh) => {
    if (isFresh || shown?.id !== place.channel) {
      open(place.channel, openSidebar);
    } else if (place.channel === "home") {
      if (keys.includes("home")) {
        open("home", openSidebar);
      }
    } else {
      if (keys.includes(`prompts/${place.channel}`)) {
        shown.head = welcome(place.channel);
      }
      if (keys.some((key) => key === `prompts/${place.channel}` || key.startsWith(`message/${place.channel}/`))) {
        update();
      }
    }
  });
}

/** Put the cursor where one writes. */
export function focusComposer() {
  shown?.composer?.focus();
}

function open(id, openSidebar) {
  if (shown?.composer) {
    drafts.set(shown.id, shown.composer.draft);
  }
  const header = headerOf(id, openSidebar);
  if (id === "home") {
    shown = { id };
    element.ondragover = element.ondrop = (event) => event.preventDefault(); // here nobody takes it
    element.replaceChildren(header, homeOf(picture.get("home")));
    return;
  }
  const list = new MessageList(`Messages in ${titleOf(id)}`, {
    repliesOf: (message) => repliesOf(id, message.ts).filter((one) => !one.is_ephemeral),
    openThread: (message) => {
      go(id, message.thread_ts ?? message.ts);
      document.querySelector("#thread textarea")?.focus();
    },
  });
  const composer = new Composer({
    send: (text, files) => {
      list.isAtEnd = true;
      return say({ channel: id }, text, files);
    },
    runCommand: async (line) => (await act("run-command", { channel: id, line })) !== null,
    editLast: () => {
      const last = list.lastOf(opening.viewer);
      if (last) {
        list.edit(last);
      }
    },
  });
  shown = { id, list, composer, head: welcome(id) };
  composer.show(`Message ${titleOf(id)}`, drafts.get(id));
  composer.takeDropsOn(element);
  element.replaceChildren(header, list.element, composer.element);
  update();
  list.toEnd();
  if (matchMedia("(hover: hover)").matches) {
    composer.focus();
  }
}

function update() {
  shown.list.show(rootsOf(shown.id), shown.head);
}

function headerOf(id, openSidebar) {
  const isApp = id === "home" || channel(id).kind === "im";
  const direct = isApp && [...picture.values()].find((one) => one?.kind === "im" && one.members.includes(opening.viewer));
  const tab = (label, target, name) =>
    h(
      "button",
      {
        type: "button",
        class: "tab",
        "aria-current": place.channel === target ? "page" : null,
        onclick: () => {
          go(target);
          act("open-tab", { tab: name });
        },
      },
      label,
    );
  return h(
    "header",
    { class: "pane-header" },
    h(
      "button",
      { type: "button", class: "icon-button narrow-only", "aria-label": "Open the sidebar", onclick: openSidebar },
      icon("menu"),
    ),
    h("h1", {}, id === "home" ? titleOf(direct.id) : titleOf(id)),
    isApp && h("div", { class: "tabs" }, tab("Home", "home", "home"), tab("Messages", direct.id, "messages")),
    !isApp && h("span", { class: "pane-about" }, `${channel(id).members.length} members`),
  );
}
