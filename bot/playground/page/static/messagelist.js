// A list of messages that follows the picture: only what changed is drawn again, and the newest stays in sight.

import { h } from "./dom.js";
import { MessageActions } from "./messageactions.js";
import { messageOf } from "./messages.js";
import { day } from "./times.js";

const SAME_BREATH_SECONDS = 300;

export class MessageList {
  /** `repliesOf(message)` and `openThread(message)` are given where threads are shown, null inside a thread. */
  constructor(label, { repliesOf = () => [], openThread = null } = {}) {
    this.repliesOf = repliesOf;
    this.openThread = openThread;
    this.rows = new Map();
    this.list = h("ol", { class: "messages", "aria-label": label, onkeydown: (event) => this.walk(event) });
    this.head = h("div", { class: "list-head" });
    this.element = h("div", { class: "scroller", onscroll: () => (this.isAtEnd = this.measure()) }, this.head, this.list);
    this.isAtEnd = true;
    // What comes into sight is laid out only then, and may be higher than was thought
    new ResizeObserver(() => this.settle()).observe(this.list);
    this.actions = new MessageActions(this.list, openThread, (message) => this.edit(message));
  }

  /** Show these messages, in their order; `head` stands above the first. */
  show(messages, head = null) {
    if (head !== this.shownHead) {
      this.head.replaceChildren(...(head ? [head] : []));
      this.shownHead = head;
    }
    const before = this.rows;
    this.rows = new Map();
    let place = this.list.firstElementChild;
    let previous = null;
    for (const message of messages) {
      const row = this.row(message, previous, before.get(message.ts));
      before.delete(message.ts);
      this.rows.set(message.ts, row);
      if (row.element === place) {
        place = place.nextElementSibling;
      } else {
        this.list.insertBefore(row.element, place);
      }
      previous = message;
    }
    before.forEach((row) => row.element.remove());
    this.settle();
  }

  /** Bring the newest message into sight. */
  toEnd() {
    this.isAtEnd = true;
    this.settle();
  }

  /** Change `message` in its place. */
  edit(message) {
    const row = this.rows.get(message.ts);
    row.editing = true;
    this.draw(row);
    row.element.querySelector("textarea").focus();
  }

  /** The message that was edited last by `user`, if any stands here. */
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
    // The same object all along: whoever edits the message holds it
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

  /** Keep one message in the tab order, the newest until the person walks to another, and the newest in sight. */
  settle() {
    const articles = this.articles();
    const focused = articles.find((article) => article.contains(document.activeElement));
    this.reach(focused ?? articles.at(-1), articles);
    const last = this.list.lastElementChild;
    if (this.isAtEnd && last) {
      // Of a message that is higher than the window, its beginning is what one wants to read
      const isHigh = last.offsetHeight > this.element.clientHeight;
      last.scrollIntoView({ block: isHigh ? "start" : "end" });
    }
  }

  /** Whether the newest message is in sight. */
  measure() {
    const last = this.list.lastElementChild;
    return !last || last.getBoundingClientRect().top < this.element.getBoundingClientRect().bottom;
  }

  walk(event) {
    const article = event.target.closest("article");
    if (!article || event.target !== article) {
      return;
    }
    const articles = this.articles();
    const at = articles.indexOf(article);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: articles.length - 1 }[event.key];
    if (articles[to]) {
      event.preventDefault();
      this.reach(articles[to], articles);
      articles[to].focus();
    }
  }

  articles() {
    return [...this.list.querySelectorAll(":scope > li > article")];
  }

  /** Make one message the one that Tab reaches. */
  reach(reached, articles) {
    articles.forEach((article) => article.setAttribute("tabindex", article === reached ? "0" : "-1"));
  }
}

function follows(previous, message) {
  return (
    previous.user === message.user &&
    !previous.subtype &&
    !message.is_ephemeral &&
    !previous.is_ephemeral &&
    Number(message.ts) - Number(previous.ts) < SAME_BREATH_SECONDS
  );
}
