// Files: as a person has chosen them, in the composer, and as they stand below a message.

import { h } from "./dom.js";
import { icon } from "./icons.js";

const MOST = 10;
const ONLY_TOLD = "The playground keeps a file’s name, type and size. What is in it stays in this browser.";

/** What the server is told of a browser's file. */
function told({ name, type, size }) {
  return { name, mimetype: type || "application/octet-stream", size };
}

/** A file below a message. */
export function fileCard(file) {
  return h("div", { class: "file", title: ONLY_TOLD }, sign(file), about(file));
}

/** The files of a message that is being written: a button to choose some, and a list to take them out of again. */
export class FilePicker {
  /** `changed(isFull)` is called when files come or go; full is when there were too many. */
  constructor(changed) {
    this.changed = changed;
    this.files = [];
    this.input = h("input", { type: "file", multiple: true, hidden: true, onchange: () => this.take() });
    this.button = h(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-label": "Attach files",
        title: `Attach files. ${ONLY_TOLD}`,
        onclick: () => this.input.click(),
      },
      icon("clip"),
    );
    this.list = h("ul", { class: "chosen", "aria-label": "Attached files", hidden: true });
  }

  /** Put in what the person chose, pasted or dropped. */
  add(files) {
    this.join(this.files, [...files].map(told));
  }

  /** Put back what was not taken, before what was chosen since. */
  giveBack(files) {
    if (files.length) {
      this.join(files, this.files);
    }
  }

  join(first, second) {
    const all = [...first, ...second];
    this.show(all.slice(0, MOST));
    this.changed(all.length > MOST);
  }

  /** Let these be the files. */
  show(files) {
    this.files = files;
    this.list.hidden = !files.length;
    this.list.replaceChildren(...files.map((file) => this.chip(file)));
  }

  take() {
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
      sign(file),
      about(file),
      h("button", { type: "button", class: "icon-button", "aria-label": `Remove ${file.name}`, onclick: remove }, icon("close")),
    );
  }
}

function sign({ mimetype }) {
  return h("span", { class: "file-sign" }, icon(mimetype.startsWith("image/") ? "image" : "file"));
}

function about(file) {
  return h(
    "span",
    { class: "file-about" },
    h("span", { class: "file-name", title: file.name }, file.name),
    h("span", { class: "hint" }, `${kindOf(file)} · ${sizeOf(file.size)}`),
  );
}

function kindOf({ name, mimetype }) {
  const ending = /\.([\p{L}\p{N}]{1,8})$/u.exec(name)?.[1].toUpperCase();
  const kind = { image: "picture", audio: "recording", video: "recording" }[mimetype.split("/")[0]] ?? "file";
  return ending ? `${ending} ${kind}` : `${kind[0].toUpperCase()}${kind.slice(1)}`;
}

function sizeOf(bytes) {
  const units = ["bytes", "KB", "MB", "GB"];
  const step = bytes < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(bytes) / 3));
  const size = bytes / 1000 ** step;
  return `${size < 10 && step ? size.toFixed(1) : Math.round(size)} ${bytes === 1 ? "byte" : units[step]}`;
}
