// What stands below a message's text: its files, the messages forwarded with it, and the previews of its links.

import { h } from "./dom.js";
import { fileCard } from "./files.js";
import { mrkdwn } from "./mrkdwn.js";

/** All that is attached to `message`; null where nothing is. */
export function attachmentsOf({ files, attachments }) {
  return files.length || attachments.length
    ? h("div", { class: "attached" }, filesOf(files), attachments.map(attachmentOf))
    : null;
}

function attachmentOf(attachment) {
  const { author_name: author, title, text, footer, is_share: isShare } = attachment;
  return h(
    "figure",
    { class: "attachment", "aria-label": isShare ? `Forwarded message by ${author}` : "Preview of a link" },
    (author || title) && h("div", { class: "author" }, author ?? title),
    text && h("div", { class: "text" }, mrkdwn(text)),
    filesOf(attachment.files ?? []),
    footer && h("figcaption", { class: "hint" }, footer),
  );
}

function filesOf(files) {
  return files.map(fileCard);
}
