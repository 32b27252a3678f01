// The introduction above the first message of a conversation, with the app's suggested prompts or the examples.

import { runAction } from "./actions.js";
import { h } from "./dom.js";
import { mark } from "./icons.js";
import { channel, constants, state, titleOf, user } from "./state.js";

/** The introduction of a conversation; a click on an example asks it. */
export function welcome(id) {
  const { kind } = channel(id);
  const name = user(constants.bot).name;
  const ask = (question) => runAction("say", { channel: id, text: kind === "im" ? question : `@${name} ${question}` });
  const suggested = state.get(`prompts/${id}`);
  const prompts = suggested?.prompts ?? constants.examples.map((question) => ({ title: question, message: question }));
  const [title, about] = greeting(kind, id, name);
  return h(
    "section",
    { class: "welcome", "aria-labelledby": "welcome-title" },
    h("div", { class: "avatar bot large", "aria-hidden": "true" }, mark()),
    h("h2", { id: "welcome-title" }, title),
    h("p", {}, about),
    prompts.length > 0 && h("p", { class: "welcome-try" }, suggested?.title || "Try one of these:"),
    prompts.length > 0 &&
      h(
        "ul",
        { class: "examples" },
        prompts.map(({ title, message }) =>
          h("li", {}, h("button", { type: "button", class: "example", onclick: () => ask(message) }, title)),
        ),
      ),
  );
}

function greeting(kind, id, name) {
  if (kind === "im") {
    return [`Ask ${name} directly`, "This conversation is private. No mention is needed."];
  }
  const mentioned = `Mention @${name} with a question. It answers in a thread, in the articles’ own words.`;
  return kind === "mpim"
    ? [`Ask ${name} together`, `${mentioned} It ignores messages without a mention.`]
    : [`Welcome to ${titleOf(id)}`, mentioned];
}
