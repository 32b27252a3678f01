// Forwarding a message: a dialog asks where to, and what to say with it.

import { act } from "./acts.js";
import { attachmentsOf } from "./attachments.js";
import { confirm } from "./confirm.js";
import { h } from "./dom.js";
import { all, go, place, repliesOf, titleOf, user } from "./state.js";

/** Ask where `message` is to be forwarded, and lead there once it is. */
export async function forward(message) {
  const to = h(
    "select",
    { id: "forward-to", autofocus: true },
    all("channel").map(({ id }) => h("option", { value: id, selected: id === place.channel }, titleOf(id))),
  );
  const box = h("textarea", { id: "forward-text", rows: 2 });
  const shown = { author_name: user(message.user).name, text: message.text, files: message.files, is_share: true };
  const isSure = await confirm({
    title: "Forward message",
    text: [
      h("div", { class: "input" }, h("label", { for: "forward-to" }, "Send to"), to),
      h("div", { class: "input" }, h("label", { for: "forward-text" }, "Add a message, if you like"), box),
      attachmentsOf({ files: [], attachments: [shown] }),
    ],
    yes: "Forward",
    no: "Cancel",
  });
  const { channel, ts } = message;
  const done = isSure && (await act("forward", { channel, ts, to: to.value, text: box.value }));
  if (done) {
    // An answer may have come before the page is there
    go(to.value, repliesOf(to.value, done.ts).length ? done.ts : null);
  }
}
