// The dialog that forwards a message.

import { runAction } from "./actions.js";
import { attachmentsOf } from "./attachments.js";
import { confirm } from "./confirm.js";
import { h } from "./dom.js";
import { all, go, current, repliesOf, titleOf, user } from "./state.js";

/** Forward `message` to a conversation that the person chooses, and open it. */
export async function forward(message) {
  const to = h(
    "select",
    { id: "forward-to", autofocus: true },
    all("channel").map(({ id }) => h("option", { value: id, selected: id === current.channel }, titleOf(id))),
  );
  const box = h("textarea", { id: "forward-text", rows: 2 });
  const shown = { author_name: user(message.user).name, text: message.text, files: message.files, is_share: true };
  const isConfirmed = await confirm({
    title: "Forward message",
    text: [
      h("div", { class: "input" }, h("label", { for: "forward-to" }, "Send to"), to),
      h("div", { class: "input" }, h("label", { for: "forward-text" }, "Add a message (optional)"), box),
      attachmentsOf({ files: [], attachments: [shown] }),
    ],
    yes: "Forward",
    no: "Cancel",
  });
  const { channel, ts } = message;
  const done = isConfirmed && (await runAction("forward", { channel, ts, to: to.value, text: box.value }));
  if (done) {
    // The bot may have replied by now: open the thread
    go(to.value, repliesOf(to.value, done.ts).length ? done.ts : null);
  }
}
