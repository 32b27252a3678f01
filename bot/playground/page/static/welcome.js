// What stands above the first message of a conversation: where one is, and what to ask: what the app suggests there, or
// for a first visit the examples.

import { act } from "./acts.js";
import { h } from "./dom.js";
import { mark } from "./icons.js";
import { channel, opening, picture, titleOf, user } from "./state.js";

/** The head of a conversation; an example that is clicked is asked at once. */
export function welcome(id) {
  const { kind } = channel(id);
  const name = user(opening.bot).name;
  const ask = (question) => act("say", { channel: id, text: kind === "im" ? question : `@${name} ${question}` });
  const suggested = picture.get(`prompts/${id}`);
  const prompts = suggested?.prompts ?? opening.examples.map((question) => ({ title: question, message: question }));
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
    return [`Ask ${name} directly`, "What is written here is between the two of you. No mention is needed."];
  }
  const mentioned = `Mention @${name} with a question: the answer comes in a thread, in the articles’ own words.`;
  return kind === "mpim"
    ? [`Ask ${name} together`, `${mentioned} Without a mention it says nothing.`]
    : [`Welcome to ${titleOf(id)}`, mentioned];
}
