// What is attached to a message: files, forwarded messages and link previews.

import { h } from "./dom.js";
import { fileCard } from "./files.js";
import { mrkdwn } from "./mrkdwn.js";

/** All that is attached to `message`, or null. */
export function attachmentsOf({ files, attachments }) {
  return files.length || attachments.length
    ? h("div", { class: "attached" }, filesOf(files), attachments.map(attachmentOf))
    : null;
}

function attachmentOf(attachment) {
  const { author_name: author, title, text, footer, is_share: isShare } = attachment;
  return h(
    "figure",
    { class: "attachment", "aria-label": isShare ? `Forwarded message by ${author}` : "Link preview" },
    (author || title) && h("div", { class: "author" }, author ?? title),
    text && h("div", { class: "text" }, mrkdwn(text)),
    filesOf(attachment.files ?? []),
    footer && h("figcaption", { class: "hint" }, footer),
  );
}

function filesOf(files) {
  return files.map(fileCard);
}
