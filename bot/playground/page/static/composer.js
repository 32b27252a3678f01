// Where a person writes: Enter sends, Shift+Enter makes a line; names and commands complete themselves.

import { act } from "./acts.js";
import { h } from "./dom.js";
import { FilePicker } from "./files.js";
import { icon } from "./icons.js";
import { openMenu } from "./menu.js";
import { toast } from "./notices.js";
import { all, opening } from "./state.js";

let made = 0;

export class Composer {
  /**
   * `send(text, files)` resolves to whether it was taken; `runCommand(line)` likewise, null where commands are not
   * taken.
   */
  constructor({ send, runCommand = null, editLast }) {
    Object.assign(this, { send, runCommand, editLast });
    made += 1;
    this.id = `completions-${made}`;
    this.list = h("ul", { class: "completions", role: "listbox", id: this.id, "aria-label": "Suggestions", hidden: true });
    this.box = h("textarea", {
      rows: 1,
      spellcheck: "false",
      "aria-autocomplete": "list",
      "aria-controls": this.id,
      oninput: () => this.complete(),
      onkeydown: (event) => this.hear(event),
      onblur: () => this.offer([]),
      onpaste: (event) => this.catch(event, event.clipboardData.files),
    });
    this.picker = new FilePicker((isFull) => this.attached(isFull));
    this.submit = h("button", { type: "submit", class: "icon-button send", "aria-label": "Send" }, icon("send"));
    this.element = h(
      "form",
      { class: "composer", onsubmit: (event) => (event.preventDefault(), this.sendNow()) },
      this.list,
      this.box,
      this.picker.list,
      this.picker.input,
      h("div", { class: "composer-bar" }, this.tools(), h("span", { class: "composer-hint" }, "Enter sends"), this.submit),
    );
    this.offered = [];
  }

  /** Name the box, and what it holds so far. */
  show(label, draft = { text: "", files: [] }) {
    this.box.setAttribute("aria-label", label);
    this.box.setAttribute("placeholder", label);
    this.box.value = draft.text;
    this.picker.show(draft.files);
  }

  get draft() {
    return { text: this.box.value, files: this.picker.files };
  }

  get isEmpty() {
    return !this.box.value && !this.picker.files.length;
  }

  /** Take files that are dropped anywhere on `pane`, which would otherwise take the page's place. */
  takeDropsOn(pane) {
    pane.ondragover = (event) => event.dataTransfer.types.includes("Files") && event.preventDefault();
    pane.ondrop = (event) => this.catch(event, event.dataTransfer.files);
  }

  focus() {
    this.box.focus();
  }

  async sendNow() {
    const { text, files } = this.draft;
    const isCommand = text.trimStart().startsWith("/");
    if (!text.trim() && !files.length) {
      return;
    }
    this.box.value = "";
    if (!isCommand) {
      this.picker.show([]);
    }
    const isTaken = await (isCommand ? this.commanded(text.trim()) : this.send(text, files));
    if (!isTaken) {
      this.box.value = [text, this.box.value].filter(Boolean).join("\n");
      this.picker.giveBack(isCommand ? [] : files);
    }
  }

  // A command takes no files: they wait for the next message
  commanded(line) {
    if (!this.runCommand) {
      toast("Commands are not taken in threads.", "warning");
      return false;
    }
    return this.runCommand(line);
  }

  catch(event, files) {
    if (files.length) {
      event.preventDefault();
      this.picker.add(files);
    }
  }

  attached(isFull) {
    if (isFull) {
      toast("A message takes ten files.", "warning");
    }
    this.box.focus();
  }

  tools() {
    const insert = (sign) => () => {
      const { value, selectionStart: at } = this.box;
      const gap = at > 0 && !/\s$/.test(value.slice(0, at)) ? " " : "";
      this.box.setRangeText(gap + sign, at, this.box.selectionEnd, "end");
      this.box.focus();
      this.complete();
    };
    const shortcuts = opening.shortcuts.filter((shortcut) => shortcut.kind === "global");
    const bolt = h(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-label": "Shortcuts",
        title: "Shortcuts",
        "aria-haspopup": "menu",
        "aria-expanded": "false",
        onclick: () =>
          openMenu(bolt, "Shortcuts", shortcuts.map(({ id, name }) => ({
            label: name,
            icon: icon("bolt"),
            choose: () => act("use-global-shortcut", { callback_id: id }),
          }))),
      },
      icon("bolt"),
    );
    const sign = (text, label) =>
      h("button", { type: "button", class: "icon-button sign", "aria-label": label, title: label, onclick: insert(text) }, text);
    return [this.picker.button, sign("@", "Mention someone"), this.runCommand && opening.commands.length > 0 && sign("/", "Use a command"),
      this.runCommand && shortcuts.length > 0 && bolt];
  }

  hear(event) {
    const isOffering = this.offered.length > 0;
    if (event.isComposing) {
      return;
    }
    if (isOffering && ["ArrowDown", "ArrowUp"].includes(event.key)) {
      event.preventDefault();
      this.mark(this.marked + (event.key === "ArrowDown" ? 1 : -1));
    } else if (isOffering && ["Enter", "Tab"].includes(event.key) && !event.shiftKey) {
      event.preventDefault();
      this.take(this.offered[this.marked]);
    } else if (isOffering && event.key === "Escape") {
      event.stopPropagation();
      this.offer([]);
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.sendNow();
    } else if (event.key === "ArrowUp" && !this.box.value) {
      event.preventDefault();
      this.editLast();
    }
  }

  complete() {
    const typed = this.box.value.slice(0, this.box.selectionStart);
    const name = /(?:^|\s)@([\p{L}\p{N} ]{0,20})$/u.exec(typed);
    const command = this.runCommand ? /^\/(\S*)$/.exec(typed) : null;
    if (name) {
      this.offer(people(name[1]).map((one) => ({ ...one, length: name[1].length + 1 })));
    } else if (command) {
      const fitting = opening.commands.filter((one) => one.name.startsWith(typed));
      this.offer(fitting.map((one) => ({ text: `${one.name} `, label: one.name, about: one.hint || one.description, length: typed.length })));
    } else {
      this.offer([]);
    }
  }

  offer(completions) {
    this.offered = completions;
    this.list.hidden = !completions.length;
    const items = completions.map((one, at) =>
      h(
        "li",
        {
          role: "option",
          id: `${this.id}-${at}`,
          "aria-selected": "false",
          onpointerdown: (event) => (event.preventDefault(), this.take(one)),
        },
        h("strong", {}, one.label),
        one.about && h("span", {}, one.about),
      ),
    );
    this.list.replaceChildren(...items);
    this.mark(0);
  }

  mark(at) {
    const items = [...this.list.children];
    this.marked = items.length ? (at + items.length) % items.length : 0;
    items.forEach((item, number) => item.setAttribute("aria-selected", String(number === this.marked)));
    if (items.length) {
      this.box.setAttribute("aria-activedescendant", `${this.id}-${this.marked}`);
    } else {
      this.box.removeAttribute("aria-activedescendant");
    }
  }

  take(completion) {
    const at = this.box.selectionStart;
    this.box.setRangeText(completion.text, at - completion.length, at, "end");
    this.box.focus();
    this.offer([]);
  }
}

function people(begun) {
  const wanted = begun.toLowerCase();
  return all("user")
    .filter((one) => one.name.toLowerCase().startsWith(wanted) && one.name.toLowerCase() !== wanted)
    .map((one) => ({ text: `@${one.name} `, label: one.name, about: one.is_bot ? "App" : null }));
}
