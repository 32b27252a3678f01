// The inspector: a log of events, interactions and API calls, and buttons that inject faults.

import { runAction } from "./actions.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { announce, toast } from "./notices.js";
import { constants, state, subscribe } from "./state.js";
import { precise } from "./times.js";

const KINDS = { all: "All", delivery: "Events", interaction: "Interactions", call: "API calls" };
const element = document.getElementById("inspector");
let kind = "all";
let selected = null;
let parts = null;

/** Update the log while the inspector is open. */
export function startInspector() {
  subscribe((keys, isFresh) => {
    if (parts && (isFresh || keys.some((key) => /^(delivery|interaction|call|connections)/.test(key)))) {
      drawList();
      drawDetail(keys);
    }
  });
  element.addEventListener("keydown", (event) => event.key === "Escape" && toggleInspector());
}

/** Open or close the inspector. */
export function toggleInspector() {
  if (parts) {
    element.hidden = true;
    element.replaceChildren();
    parts = null;
    document.querySelector('[data-name="inspector"]').focus();
    return;
  }
  parts = {
    filters: h("div", { class: "filters", role: "group", "aria-label": "Show" }),
    list: h("ul", { class: "log", "aria-label": "Log", onkeydown: moveFocus }),
    detail: h("div", { class: "detail", tabindex: 0, role: "region", "aria-label": "Details" }),
  };
  element.replaceChildren(header(), h("div", { class: "inspector-body" }, parts.list, parts.detail));
  element.hidden = false;
  drawFilters();
  drawList();
  drawDetail(null);
  element.querySelector(".filters button").focus();
}

function header() {
  const method = h("select", { "aria-label": "Method" }, constants.methods.map((name) => h("option", {}, name)));
  method.value = "chat.postMessage";
  return h(
    "header",
    { class: "inspector-header" },
    h("h2", {}, "Inspector"),
    parts.filters,
    h("div", { class: "faults", role: "group", "aria-label": "Faults" }, [
      h("button", { type: "button", class: "button small", onclick: () => runAction("drop-connections", {}) }, "Drop the connection"),
      h("span", { class: "joined" }, [
        h(
          "button",
          { type: "button", class: "button small", onclick: () => failNext(method.value) },
          "Rate-limit the next call of",
        ),
        method,
      ]),
    ]),
    h(
      "button",
      { type: "button", class: "icon-button", "aria-label": "Close the inspector", onclick: toggleInspector },
      icon("close"),
    ),
  );
}

async function failNext(method) {
  if (await runAction("fail-next", { method })) {
    const text = `The next call of ${method} will be rate-limited.`;
    toast(text, "message");
    announce(text);
  }
}

function drawFilters() {
  parts.filters.replaceChildren(
    ...Object.entries(KINDS).map(([name, label]) =>
      h(
        "button",
        {
          type: "button",
          class: "filter",
          "aria-pressed": String(name === kind),
          onclick: () => {
            kind = name;
            drawFilters();
            drawList();
            parts.filters.querySelector('[aria-pressed="true"]').focus();
          },
        },
        label,
      ),
    ),
  );
}

function drawList() {
  const focused = parts.list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  const entries = [...state]
    .map(([key, value]) => summary(key, value))
    .filter((entry) => entry && (kind === "all" || entry.kind === kind))
    .sort((one, other) => other.at - one.at);
  parts.list.replaceChildren(
    ...(entries.length ? entries.map(row) : [h("li", { class: "empty" }, "No entries yet.")]),
  );
  parts.list.querySelector(`[data-key="${focused}"]`)?.focus();
}

function row(entry) {
  return h(
    "li",
    {},
    h(
      "button",
      {
        type: "button",
        class: ["log-row", entry.kind, entry.isBad && "bad"],
        "data-key": entry.key,
        "aria-pressed": String(entry.key === selected),
        onclick: () => {
          selected = entry.key;
          drawList();
          drawDetail(null);
        },
      },
      h("span", { class: "log-kind" }, { delivery: "event", interaction: "click", call: "call" }[entry.kind]),
      h("span", { class: "log-name" }, entry.name),
      h("span", { class: "log-result" }, entry.result),
      h("time", {}, precise(entry.at)),
    ),
  );
}

function summary(key, value) {
  const found = key.split("/")[0];
  switch (found) {
    case "delivery": {
      const last = value.attempts.at(-1);
      const attempts = value.attempts.length > 1 ? `, attempt ${value.attempts.length}` : "";
      const result = last ? `${last.failure ?? `acknowledged in ${milliseconds((last.ended_at - last.at) * 1000)}`}${attempts}` : "in progress";
      const at = value.attempts[0]?.at ?? value.payload.event_time;
      const { type, subtype } = value.payload.event;
      return { key, kind: found, at, name: [type, subtype].filter(Boolean).join("/"), result, isBad: Boolean(last?.failure) };
    }
    case "interaction": {
      const name = value.payload.command ?? value.payload.type;
      const result = value.reply.failure ?? `acknowledged in ${milliseconds(value.took_ms)}`;
      return { key, kind: found, at: value.at, name, result, isBad: Boolean(value.reply.failure) };
    }
    case "call": {
      const error = value.answer?.ok === false ? value.answer.error : null;
      const result = `${value.answer ? value.status : "dropped"} ${error ?? milliseconds(value.took_ms)}`;
      return { key, kind: found, at: value.at, name: value.method, result, isBad: Boolean(error) || !value.answer };
    }
    default:
      return null;
  }
}

/** Draw the selected entry; with `keys`, only if it is one of them. */
function drawDetail(keys) {
  if (keys && !keys.includes(selected)) {
    return;
  }
  const entry = state.get(selected);
  if (!entry) {
    parts.detail.replaceChildren(h("p", { class: "empty" }, "Select an entry to see its JSON."));
    return;
  }
  const isEvent = selected.startsWith("delivery/");
  parts.detail.replaceChildren(
    ...[
      isEvent &&
        h(
          "button",
          { type: "button", class: "button small", onclick: () => runAction("deliver-again", { delivery: entry.id }) },
          "Deliver again",
        ),
      h("pre", {}, JSON.stringify(entry, null, 2)),
    ].filter(Boolean),
  );
}

function milliseconds(count) {
  return `${count < 10 ? count.toFixed(1) : Math.round(count)} ms`;
}

function moveFocus(event) {
  const rows = [...parts.list.querySelectorAll("button")];
  const to = rows.indexOf(document.activeElement) + ({ ArrowDown: 1, ArrowUp: -1 }[event.key] ?? NaN);
  if (rows[to]) {
    event.preventDefault();
    rows[to].focus();
  }
}
