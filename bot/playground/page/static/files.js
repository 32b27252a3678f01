// Files: those chosen for a new message, and those of a posted one.

import { confirm } from "./confirm.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { constants } from "./state.js";

const MAX_FILES = 10;
const PRIVACY = "Only a file’s name, type and size are sent to the playground, not its content.";

/** What the server gets of a browser's file. */
function describe({ name, type, size }) {
  return { name, mimetype: type || "application/octet-stream", size };
}

/** A file of a posted message; a picture that the app uploaded is shown. */
export function fileCard(file) {
  if (file.is_deleted || file.mode === "tombstone") {
    return h("div", { class: "hint" }, "This file was deleted.");
  }
  if ("alt_text" in file && file.mimetype.startsWith("image/")) {
    return picture(file);
  }
  return h("div", { class: "file", title: PRIVACY }, fileIcon(file), fileLabel(file));
}

/** A picture, which a click enlarges. */
function picture({ id, title, alt_text: alt }) {
  const src = `/files/${encodeURIComponent(id)}?as=${encodeURIComponent(constants.viewer)}`;
  const enlarge = () => confirm({ title, text: h("img", { class: "enlarged", src, alt }), yes: "Close", isLarge: true });
  return h(
    "figure",
    { class: "picture" },
    h("figcaption", { class: "hint" }, title),
    h("button", { type: "button", title: "Enlarge", onclick: enlarge }, h("img", { src, alt })),
  );
}

/** The files of a new message: a button to choose some, and a list to remove them. */
export class FilePicker {
  /** `changed(isFull)` is called when files are added or removed; isFull if there were too many. */
  constructor(changed) {
    this.changed = changed;
    this.files = [];
    this.input = h("input", { type: "file", multiple: true, hidden: true, onchange: () => this.addChosen() });
    this.button = h(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-label": "Attach files",
        title: `Attach files. ${PRIVACY}`,
        onclick: () => this.input.click(),
      },
      icon("clip"),
    );
    this.list = h("ul", { class: "chosen", "aria-label": "Attached files", hidden: true });
  }

  /** Add files that were chosen, pasted or dropped. */
  add(files) {
    this.join(this.files, [...files].map(describe));
  }

  /** Restore files that could not be posted, before those chosen since. */
  restore(files) {
    if (files.length) {
      this.join(files, this.files);
    }
  }

  join(first, second) {
    const all = [...first, ...second];
    this.show(all.slice(0, MAX_FILES));
    this.changed(all.length > MAX_FILES);
  }

  /** Replace the files. */
  show(files) {
    this.files = files;
    this.list.hidden = !files.length;
    this.list.replaceChildren(...files.map((file) => this.chip(file)));
  }

  addChosen() {
    this.add(this.input.files);
    this.input.value = "";
  }

  chip(file) {
    const remove = () => {
      this.show(this.files.filter((one) => one !== file));
      this.changed(false);
    };
    return h(
      "li",
      { class: "file" },
      fileIcon(file),
      fileLabel(file),
      h("button", { type: "button", class: "icon-button", "aria-label": `Remove ${file.name}`, onclick: remove }, icon("close")),
    );
  }
}

function fileIcon({ mimetype }) {
  return h("span", { class: "file-icon" }, icon(mimetype.startsWith("image/") ? "image" : "file"));
}

function fileLabel(file) {
  return h(
    "span",
    { class: "file-label" },
    h("span", { class: "file-name", title: file.name }, file.name),
    h("span", { class: "hint" }, `${kindOf(file)} · ${sizeOf(file.size)}`),
  );
}

function kindOf({ name, mimetype }) {
  const ending = /\.([\p{L}\p{N}]{1,8})$/u.exec(name)?.[1].toUpperCase();
  const kind = { image: "image", audio: "recording", video: "recording" }[mimetype.split("/")[0]] ?? "file";
  return ending ? `${ending} ${kind}` : `${kind[0].toUpperCase()}${kind.slice(1)}`;
}

function sizeOf(bytes) {
  const units = ["bytes", "KB", "MB", "GB"];
  const step = bytes < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(bytes) / 3));
  const size = bytes / 1000 ** step;
  return `${size < 10 && step ? size.toFixed(1) : Math.round(size)} ${bytes === 1 ? "byte" : units[step]}`;
}
