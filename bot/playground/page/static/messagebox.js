// The box for new messages: Enter sends, Shift+Enter adds a line; names and commands are completed.

import { runAction } from "./actions.js";
import { h } from "./dom.js";
import { FilePicker } from "./files.js";
import { icon } from "./icons.js";
import { openMenu } from "./menu.js";
import { toast } from "./notices.js";
import { all, constants } from "./state.js";

let count = 0;

export class MessageBox {
  /**
   * `send(text, files)` and `runCommand(line)` resolve to whether they succeeded; without `runCommand` there are no
   * commands.
   */
  constructor({ send, runCommand = null, editLast }) {
    Object.assign(this, { send, runCommand, editLast });
    count += 1;
    this.id = `completions-${count}`;
    this.list = h("ul", { class: "completions", role: "listbox", id: this.id, "aria-label": "Suggestions", hidden: true });
    this.box = h("textarea", {
      rows: 1,
      spellcheck: "false",
      "aria-autocomplete": "list",
      "aria-controls": this.id,
      oninput: () => this.complete(),
      onkeydown: (event) => this.handleKey(event),
      onblur: () => this.suggest([]),
      onpaste: (event) => this.addFiles(event, event.clipboardData.files),
    });
    this.picker = new FilePicker((isFull) => this.attached(isFull));
    this.submit = h("button", { type: "submit", class: "icon-button send", "aria-label": "Send" }, icon("send"));
    this.element = h(
      "form",
      { class: "message-box", onsubmit: (event) => (event.preventDefault(), this.sendNow()) },
      this.list,
      this.box,
      this.picker.list,
      this.picker.input,
      h("div", { class: "message-box-bar" }, this.tools(), h("span", { class: "message-box-hint" }, "Enter sends"), this.submit),
    );
    this.suggestions = [];
  }

  /** Set the label and the draft. */
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

  /** Attach files that are dropped on `pane`; the browser would open them instead. */
  takeDropsOn(pane) {
    pane.ondragover = (event) => event.dataTransfer.types.includes("Files") && event.preventDefault();
    pane.ondrop = (event) => this.addFiles(event, event.dataTransfer.files);
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
    const isSent = await (isCommand ? this.tryCommand(text.trim()) : this.send(text, files));
    if (!isSent) {
      this.box.value = [text, this.box.value].filter(Boolean).join("\n");
      this.picker.restore(isCommand ? [] : files);
    }
  }

  // A command takes no files: they stay for the next message
  tryCommand(line) {
    if (!this.runCommand) {
      toast("Commands do not work in threads.", "warning");
      return false;
    }
    return this.runCommand(line);
  }

  addFiles(event, files) {
    if (files.length) {
      event.preventDefault();
      this.picker.add(files);
    }
  }

  attached(isFull) {
    if (isFull) {
      toast("A message takes at most ten files.", "warning");
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
    const shortcuts = constants.shortcuts.filter((shortcut) => shortcut.kind === "global");
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
          openMenu(bolt, "Shortcuts", shortcuts.map(({ callback_id, name }) => ({
            label: name,
            icon: icon("bolt"),
            choose: () => runAction("use-global-shortcut", { callback_id }),
          }))),
      },
      icon("bolt"),
    );
    const sign = (text, label) =>
      h("button", { type: "button", class: "icon-button sign", "aria-label": label, title: label, onclick: insert(text) }, text);
    return [this.picker.button, sign("@", "Mention someone"), this.runCommand && constants.commands.length > 0 && sign("/", "Use a command"),
      this.runCommand && shortcuts.length > 0 && bolt];
  }

  handleKey(event) {
    const isSuggesting = this.suggestions.length > 0;
    if (event.isComposing) {
      return;
    }
    if (isSuggesting && ["ArrowDown", "ArrowUp"].includes(event.key)) {
      event.preventDefault();
      this.select(this.selected + (event.key === "ArrowDown" ? 1 : -1));
    } else if (isSuggesting && ["Enter", "Tab"].includes(event.key) && !event.shiftKey) {
      event.preventDefault();
      this.accept(this.suggestions[this.selected]);
    } else if (isSuggesting && event.key === "Escape") {
      event.stopPropagation();
      this.suggest([]);
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
      this.suggest(people(name[1]).map((one) => ({ ...one, length: name[1].length + 1 })));
    } else if (command) {
      const fitting = constants.commands.filter((one) => one.name.startsWith(typed));
      this.suggest(fitting.map((one) => ({ text: `${one.name} `, label: one.name, about: one.usage_hint || one.description, length: typed.length })));
    } else {
      this.suggest([]);
    }
  }

  suggest(completions) {
    this.suggestions = completions;
    this.list.hidden = !completions.length;
    const items = completions.map((one, at) =>
      h(
        "li",
        {
          role: "option",
          id: `${this.id}-${at}`,
          "aria-selected": "false",
          onpointerdown: (event) => (event.preventDefault(), this.accept(one)),
        },
        h("strong", {}, one.label),
        one.about && h("span", {}, one.about),
      ),
    );
    this.list.replaceChildren(...items);
    this.select(0);
  }

  select(at) {
    const items = [...this.list.children];
    this.selected = items.length ? (at + items.length) % items.length : 0;
    items.forEach((item, number) => item.setAttribute("aria-selected", String(number === this.selected)));
    if (items.length) {
      this.box.setAttribute("aria-activedescendant", `${this.id}-${this.selected}`);
    } else {
      this.box.removeAttribute("aria-activedescendant");
    }
  }

  accept(completion) {
    const at = this.box.selectionStart;
    this.box.setRangeText(completion.text, at - completion.length, at, "end");
    this.box.focus();
    this.suggest([]);
  }
}

function people(prefix) {
  const wanted = prefix.toLowerCase();
  return all("user")
    .filter((one) => one.name.toLowerCase().startsWith(wanted) && one.name.toLowerCase() !== wanted)
    .map((one) => ({ text: `@${one.name} `, label: one.name, about: one.bot_id ? "App" : null }));
}
