// The main pane: the open conversation with its message box, or the app's Home tab.

import { runAction, say } from "./actions.js";
import { MessageBox } from "./messagebox.js";
import { h } from "./dom.js";
import { homeOf } from "./home.js";
import { icon } from "./icons.js";
import { MessageList } from "./messagelist.js";
import { channel, go, constants, state, current, repliesOf, rootsOf, subscribe, titleOf } from "./state.js";
import { welcome } from "./welcome.js";

const element = document.getElementById("conversation");
const drafts = new Map();
let shown = null;

/** Draw the pane at each change; `openSidebar` is for narrow windows. */
export function startConversation(openSidebar) {
  subscribe((keys, isFresh) => {
    if (isFresh || shown?.id !== current.channel) {
      open(current.channel, openSidebar);
    } else if (current.channel === "home") {
      if (keys.includes("home")) {
        open("home", openSidebar);
      }
    } else {
      if (keys.includes(`prompts/${current.channel}`)) {
        shown.head = welcome(current.channel);
      }
      if (keys.some((key) => key === `prompts/${current.channel}` || key.startsWith(`message/${current.channel}/`))) {
        update();
      }
    }
  });
}

/** Focus the message box. */
export function focusMessageBox() {
  shown?.messageBox?.focus();
}

function open(id, openSidebar) {
  if (shown?.messageBox) {
    drafts.set(shown.id, shown.messageBox.draft);
  }
  const header = headerOf(id, openSidebar);
  if (id === "home") {
    shown = { id };
    element.ondragover = element.ondrop = (event) => event.preventDefault(); // no drops on the Home tab
    element.replaceChildren(header, homeOf(state.get("home")));
    return;
  }
  const list = new MessageList(`Messages in ${titleOf(id)}`, {
    repliesOf: (message) => repliesOf(id, message.ts).filter((one) => !one.seen_by),
    openThread: (message) => {
      go(id, message.thread_ts ?? message.ts);
      document.querySelector("#thread textarea")?.focus();
    },
  });
  const messageBox = new MessageBox({
    send: (text, files) => {
      list.isAtEnd = true;
      return say({ channel: id }, text, files);
    },
    runCommand: async (line) => (await runAction("run-command", { channel: id, line })) !== null,
    editLast: () => {
      const last = list.lastOf(constants.viewer);
      if (last) {
        list.edit(last);
      }
    },
  });
  shown = { id, list, messageBox, head: welcome(id) };
  messageBox.show(`Message ${titleOf(id)}`, drafts.get(id));
  messageBox.takeDropsOn(element);
  element.replaceChildren(header, list.element, messageBox.element);
  update();
  list.toEnd();
  if (matchMedia("(hover: hover)").matches) {
    messageBox.focus();
  }
}

function update() {
  shown.list.show(rootsOf(shown.id), shown.head);
}

function headerOf(id, openSidebar) {
  const isApp = id === "home" || channel(id).kind === "im";
  const direct = isApp && [...state.values()].find((one) => one?.kind === "im" && one.members.includes(constants.viewer));
  const tab = (label, id, name) =>
    h(
      "button",
      {
        type: "button",
        class: "tab",
        "aria-current": current.channel === id ? "page" : null,
        onclick: () => {
          go(id);
          runAction("open-tab", { tab: name });
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
