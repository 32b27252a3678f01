// The actions on messages: one toolbar, shown on the message under the pointer or with the focus.

import { runAction } from "./actions.js";
import { confirm } from "./confirm.js";
import { h } from "./dom.js";
import { REACTIONS, shownEmoji } from "./emoji.js";
import { forward } from "./forwarding.js";
import { icon } from "./icons.js";
import { openMenu } from "./menu.js";
import { notificationOf } from "./messages.js";
import { unescaped } from "./mrkdwn.js";
import { constants, state } from "./state.js";

export class MessageActions {
  /** For the messages of `list`; `edit(message)` opens the editor of a message. */
  constructor(list, openThread, edit) {
    this.openThread = openThread;
    this.edit = edit;
    this.messages = new WeakMap();
    this.toolbar = h("div", { class: "toolbar", role: "toolbar", "aria-label": "Message actions" });
    list.addEventListener("pointerover", (event) => this.moveTo(event.target));
    list.addEventListener("focusin", (event) => this.moveTo(event.target));
    list.addEventListener("pointerleave", () => this.leave());
  }

  remember(row, message) {
    this.messages.set(row, message);
  }

  /** The row was redrawn, without the toolbar. */
  forget(row) {
    if (this.row === row) {
      this.row = null;
    }
  }

  /** The form that replaces the text of a message while it is edited. */
  editorFor(message, stop) {
    const box = h("textarea", { rows: 2, "aria-label": "Edit message" });
    box.value = typedOf(message.text);
    const save = async () => {
      const { channel, ts } = message;
      if (box.value.trim() && (box.value === typedOf(message.text) || (await runAction("edit", { channel, ts, text: box.value })))) {
        stop();
      }
    };
    box.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        event.stopPropagation();
        stop();
      } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        save();
      }
    });
    return h(
      "form",
      { class: "editor", onsubmit: (event) => (event.preventDefault(), save()) },
      box,
      h("div", { class: "editor-bar" }, [
        h("button", { type: "button", class: "button", onclick: stop }, "Cancel"),
        h("button", { type: "submit", class: "button primary" }, "Save"),
      ]),
    );
  }

  moveTo(target) {
    const row = target.closest("li[data-ts]");
    const article = row?.querySelector(":scope > article");
    if (!article || row === this.row || this.toolbar.contains(document.activeElement)) {
      return;
    }
    this.row = row;
    this.toolbar.replaceChildren(...this.buttons(this.messages.get(row)));
    article.append(this.toolbar);
  }

  leave() {
    if (this.row && !this.row.contains(document.activeElement)) {
      this.toolbar.remove();
      this.row = null;
    }
  }

  buttons(message) {
    const menuButton = (name, label, items, kind) => {
      const made = h(
        "button",
        {
          type: "button",
          class: "icon-button",
          "aria-label": label,
          title: label,
          "aria-haspopup": "menu",
          "aria-expanded": "false",
          onclick: () => openMenu(made, label, items(), kind),
        },
        icon(name),
      );
      return made;
    };
    return [
      !message.seen_by && menuButton("smile", "Add a reaction", () => reactionItems(message), "grid"),
      !message.seen_by &&
        this.openThread &&
        h(
          "button",
          {
            type: "button",
            class: "icon-button",
            "aria-label": "Reply in thread",
            title: "Reply in thread",
            onclick: () => this.openThread(message),
          },
          icon("reply"),
        ),
      menuButton("more", "More actions", () => this.moreItems(message)),
    ].filter(Boolean);
  }

  moreItems(message) {
    const { channel, ts } = message;
    const isMine = message.user === constants.viewer && !message.seen_by;
    const shortcuts = message.seen_by ? [] : constants.shortcuts.filter((shortcut) => shortcut.kind === "message");
    return [
      isMine && { label: "Edit message", icon: icon("edit"), choose: () => this.edit(message) },
      isMine && { label: "Delete message…", icon: icon("trash"), isDangerous: true, choose: () => remove(message) },
      !message.seen_by && { label: "Forward message…", icon: icon("forward"), choose: () => forward(message) },
      ...shortcuts.map((shortcut) => ({
        label: shortcut.name,
        icon: icon("bolt"),
        choose: () => runAction("use-shortcut", { channel, ts, callback_id: shortcut.callback_id }),
      })),
      { label: "Notification text", icon: icon("eye"), choose: () => showNotification(message) },
    ].filter(Boolean);
  }
}

async function remove(message) {
  const isConfirmed = await confirm({
    title: "Delete message",
    text: "Delete this message? This cannot be undone.",
    yes: "Delete",
    no: "Cancel",
    isDangerous: true,
  });
  if (isConfirmed) {
    await runAction("delete", { channel: message.channel, ts: message.ts });
  }
}

function showNotification(message) {
  return confirm({
    title: "Notification text",
    text: [
      h("p", { class: "hint" }, "What a lock screen and a screen reader show:"),
      h("blockquote", {}, notificationOf(message)),
    ],
    yes: "Done",
  });
}

function reactionItems(message) {
  return REACTIONS.map((name) => ({
    label: shownEmoji(name),
    name,
    choose: () => {
      const mine = message.reactions.find(([one]) => one === name)?.[1].includes(constants.viewer);
      runAction("react", { channel: message.channel, ts: message.ts, name, is_added: !mine });
    },
  }));
}

/** A message's text as its author typed it. */
function typedOf(text) {
  const named = text.replace(/<([@#])([A-Z0-9]+)(?:\|[^>]*)?>/g, (whole, sign, id) => {
    const known = state.get(`${sign === "@" ? "user" : "channel"}/${id}`);
    return known ? `${sign}${known.name}` : whole;
  });
  return unescaped(named.replace(/<((?:https?:|mailto:)[^>|]*)(?:\|[^>]*)?>/g, "$1"));
}
