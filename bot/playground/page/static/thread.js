// The thread pane, beside the conversation or over it in a narrow window.

import { say } from "./actions.js";
import { MessageBox } from "./messagebox.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { MessageList } from "./messagelist.js";
import { isNarrow } from "./narrow.js";
import { constants, current, go, subscribe, threadOf, titleOf } from "./state.js";

const element = document.getElementById("thread");
let shown = null;

/** Draw the open thread at each change; `closed()` is called when the person closes it. */
export function startThread(closed) {
  subscribe((keys, isFresh) => {
    if (current.thread === null || current.channel === "home") {
      hide();
    } else if (isFresh || shown?.channel !== current.channel || shown?.root !== current.thread) {
      open(closed);
    } else {
      update();
    }
  });
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      close(closed);
    }
  });
}

/** Whether the person is writing in the open thread. */
export function isWritingInThread() {
  return Boolean(shown && !shown.messageBox.isEmpty);
}

function open(closed) {
  const { channel, thread } = current;
  const list = new MessageList("Messages in the thread");
  const messageBox = new MessageBox({
    send: (text, files) => {
      list.isAtEnd = true;
      return say({ channel, thread }, text, files);
    },
    editLast: () => {
      const last = list.lastOf(constants.viewer);
      if (last) {
        list.edit(last);
      }
    },
  });
  messageBox.show("Reply in the thread");
  messageBox.takeDropsOn(element);
  const back = h(
    "button",
    { type: "button", class: "icon-button", "aria-label": "Close the thread", onclick: () => close(closed) },
    h("span", { class: "narrow-only" }, icon("back")),
    h("span", { class: "wide-only" }, icon("close")),
  );
  const title = h("div", { class: "pane-title" }, h("h2", {}, "Thread"), h("span", { class: "pane-about" }, titleOf(channel)));
  element.replaceChildren(h("header", { class: "pane-header" }, back, title), list.element, messageBox.element);
  element.hidden = false;
  document.body.classList.add("in-thread");
  shown = { channel, root: thread, list, messageBox };
  update();
  list.toEnd();
  if (isNarrow()) {
    back.focus();
  }
}

function update() {
  shown.list.show(threadOf(shown.channel, shown.root));
}

function close(closed) {
  go(current.channel);
  closed();
}

function hide() {
  element.hidden = true;
  element.replaceChildren();
  document.body.classList.remove("in-thread");
  shown = null;
}
