// A list of messages: only changed ones are redrawn, and the newest stays visible.

import { h } from "./dom.js";
import { MessageActions } from "./messageactions.js";
import { messageOf } from "./messages.js";
import { day } from "./times.js";

const GROUP_SECONDS = 300;

export class MessageList {
  /** `repliesOf(message)` and `openThread(message)` are given unless the list is a thread. */
  constructor(label, { repliesOf = () => [], openThread = null } = {}) {
    this.repliesOf = repliesOf;
    this.openThread = openThread;
    this.rows = new Map();
    this.list = h("ol", { class: "messages", "aria-label": label, onkeydown: (event) => this.moveFocus(event) });
    this.head = h("div", { class: "list-head" });
    this.element = h("div", { class: "scroller", onscroll: () => (this.isAtEnd = this.measure()) }, this.head, this.list);
    this.isAtEnd = true;
    // Messages are laid out when they become visible, and may be higher than estimated
    new ResizeObserver(() => this.update()).observe(this.list);
    this.actions = new MessageActions(this.list, openThread, (message) => this.edit(message));
  }

  /** Show `messages` in order, below `head`. */
  show(messages, head = null) {
    if (head !== this.shownHead) {
      this.head.replaceChildren(...(head ? [head] : []));
      this.shownHead = head;
    }
    const before = this.rows;
    this.rows = new Map();
    let next = this.list.firstElementChild;
    let previous = null;
    for (const message of messages) {
      const row = this.row(message, previous, before.get(message.ts));
      before.delete(message.ts);
      this.rows.set(message.ts, row);
      if (row.element === next) {
        next = next.nextElementSibling;
      } else {
        this.list.insertBefore(row.element, next);
      }
      previous = message;
    }
    before.forEach((row) => row.element.remove());
    this.update();
  }

  /** Scroll to the newest message. */
  toEnd() {
    this.isAtEnd = true;
    this.update();
  }

  /** Open the editor of `message`. */
  edit(message) {
    const row = this.rows.get(message.ts);
    row.editing = true;
    this.draw(row);
    row.element.querySelector("textarea").focus();
  }

  /** The newest message of `user` in the list. */
  lastOf(user) {
    return [...this.rows.values()].map((row) => row.message).findLast((message) => message.user === user && !message.subtype);
  }

  row(message, previous, known) {
    const isNewDay = !previous || day(previous.ts) !== day(message.ts);
    const isCompact = !isNewDay && follows(previous, message);
    const replies = this.repliesOf(message);
    const key = `${isNewDay}/${isCompact}/${replies.length}/${replies.at(-1)?.ts}`;
    if (known && known.message === message && known.key === key) {
      return known;
    }
    // Keep the object: an open editor refers to it
    const row = known ?? { element: h("li", { "data-ts": message.ts }), editing: false };
    Object.assign(row, { message, key, isNewDay, isCompact, replies });
    this.draw(row);
    return row;
  }

  draw(row) {
    const hadFocus = row.element.contains(document.activeElement);
    const stop = () => {
      row.editing = false;
      this.draw(row);
      row.element.querySelector("article")?.focus();
    };
    const shown = messageOf(row.message, {
      isCompact: row.isCompact,
      replies: row.replies,
      openThread: () => this.openThread(row.message),
      editor: row.editing ? this.actions.editorFor(row.message, stop) : null,
    });
    const divider = row.isNewDay && h("div", { class: "day" }, h("span", {}, day(row.message.ts)));
    row.element.replaceChildren(...[divider, shown].filter(Boolean));
    this.actions.forget(row.element);
    if (hadFocus) {
      shown.focus();
    }
    this.actions.remember(row.element, row.message);
  }

  /** Keep the focused or else the newest message in the tab order, and the newest visible. */
  update() {
    const articles = this.articles();
    const focused = articles.find((article) => article.contains(document.activeElement));
    this.setTabStop(focused ?? articles.at(-1), articles);
    const last = this.list.lastElementChild;
    if (this.isAtEnd && last) {
      // Of a message higher than the window, show the beginning
      const isHigh = last.offsetHeight > this.element.clientHeight;
      last.scrollIntoView({ block: isHigh ? "start" : "end" });
    }
  }

  /** Whether the newest message is visible. */
  measure() {
    const last = this.list.lastElementChild;
    return !last || last.getBoundingClientRect().top < this.element.getBoundingClientRect().bottom;
  }

  moveFocus(event) {
    const article = event.target.closest("article");
    if (!article || event.target !== article) {
      return;
    }
    const articles = this.articles();
    const at = articles.indexOf(article);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: articles.length - 1 }[event.key];
    if (articles[to]) {
      event.preventDefault();
      this.setTabStop(articles[to], articles);
      articles[to].focus();
    }
  }

  articles() {
    return [...this.list.querySelectorAll(":scope > li > article")];
  }

  /** Make `tabStop` the only message that Tab reaches. */
  setTabStop(tabStop, articles) {
    articles.forEach((article) => article.setAttribute("tabindex", article === tabStop ? "0" : "-1"));
  }
}

function follows(previous, message) {
  return (
    previous.user === message.user &&
    !previous.subtype &&
    !message.seen_by &&
    !previous.seen_by &&
    Number(message.ts) - Number(previous.ts) < GROUP_SECONDS
  );
}
