// What blocks stand on, a message or a view: it holds what was chosen and typed, and sends what was pressed.

import { act } from "./acts.js";

// By message or view, so that what was entered outlasts a new drawing
const entriesOf = new Map();

export function messageSurface(message) {
  const { channel, ts } = message;
  return new Surface(`${channel}/${ts}`, (fields) => act("press", { channel, ts, ...fields }));
}

export function viewSurface(view) {
  return new Surface(view.id, (fields) => act("press-in-view", { view_id: view.id, ...fields }));
}

class Surface {
  constructor(name, send) {
    this.name = name;
    this.send = send;
    if (!entriesOf.has(name)) {
      entriesOf.set(name, {});
    }
  }

  /** All that was entered, by block_id and action_id. */
  get entries() {
    return entriesOf.get(this.name);
  }

  /** What was entered there; `initial` where nothing was. */
  held(block, element, initial) {
    const known = this.entries[block.block_id] ?? {};
    return Object.hasOwn(known, element.action_id) ? known[element.action_id] : initial;
  }

  enter(block, element, entry) {
    this.entries[block.block_id] = { ...this.entries[block.block_id], [element.action_id]: entry };
  }

  /** Tell the app; returns null when it did not take it. */
  press(block, element, entry = null) {
    const fields = { block_id: block.block_id, action_id: element.action_id, entry, entries: this.stateful() };
    return this.send(fields);
  }

  /** Forget what was entered: the view is gone. */
  forget() {
    entriesOf.delete(this.name);
  }

  // Which of two feedback buttons was pressed is remembered here too, but is no state that Slack tells
  stateful() {
    const told = {};
    for (const [block, held] of Object.entries(this.entries)) {
      told[block] = Object.fromEntries(Object.entries(held).filter(([, entry]) => !isMark(entry)));
    }
    return told;
  }
}

/** A mark that the page keeps for itself among the entries. */
export function markOf(entry) {
  return { mark: entry };
}

function isMark(entry) {
  return entry !== null && typeof entry === "object" && !Array.isArray(entry);
}
