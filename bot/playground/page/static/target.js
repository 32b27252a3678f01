// The message or view that blocks belong to: sends clicks to the app, and holds what was typed and rated.

import { runAction } from "./actions.js";

// By message or view, so that a redraw loses nothing
const inputsOf = new Map();
const ratingsOf = new Map();

export function messageTarget({ channel, ts }) {
  return new Target(`${channel}/${ts}`, ({ inputs, ...fields }) => runAction("click", { channel, ts, ...fields }));
}

export function viewTarget({ id }) {
  return new Target(id, (fields) => runAction("click-in-view", { view_id: id, ...fields }));
}

class Target {
  constructor(name, send) {
    this.name = name;
    this.send = send;
  }

  /** What was typed, by block_id and action_id. */
  get inputs() {
    return inputsOf.get(this.name) ?? {};
  }

  /** The text of an input; `initial` where nothing was typed. */
  textOf(block, element, initial) {
    return this.inputs[block.block_id]?.[element.action_id] ?? initial;
  }

  setText(block, element, text) {
    inputsOf.set(this.name, {
      ...this.inputs,
      [block.block_id]: { ...this.inputs[block.block_id], [element.action_id]: text },
    });
  }

  /** The value of the feedback button that was clicked last. */
  get rating() {
    return ratingsOf.get(this.name);
  }

  set rating(value) {
    ratingsOf.set(this.name, value);
  }

  /** Send a click to the app; resolves to null if the app did not respond properly. */
  click(block, element, value = null) {
    const fields = { block_id: block.block_id, action_id: element.action_id, value, inputs: this.inputs };
    return this.send(fields);
  }

  /** Forget what was typed: the view is closed. */
  forget() {
    inputsOf.delete(this.name);
  }
}
