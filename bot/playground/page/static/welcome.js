// What stands above the first message of a conversation: where one is, and what to ask: what the app suggests there, or
// for a first visit the examples.

import { act } from "./acts.js";
import { h } from "./dom.js";
import { mark } from "./icons.js";
import { channel, opening, picture, titleOf, user } from "./state.js";

/** The head of a conversation; an example that is clicked is asked at once. */
export function welcome(id) {
  const isDirect = channel(id).kind === "im";
  const name = user(opening.bot).name;
  const ask = (question) => act("say", { channel: id, text: isDirect ? question : `@${name} ${question}` });
  const suggested = picture.get(`prompts/${id}`);
  const prompts = suggested?.prompts ?? opening.examples.map((question) => ({ title: question, message: question }));
  return h(
    "section",
    { class: "welcome", "aria-labelledby": "welcome-title" },
    h("div", { class: "avatar bot large", "aria-hidden": "true" }, mark()),
    h("h2", { id: "welcome-title" }, isDirect ? `Ask ${name} directly` : `Welcome to ${titleOf(id)}`),
    h(
      "p",
      {},
      isDirect
        ? "What is written here is between the two of you. No mention is needed."
        : `Mention @${name} with a question: the answer comes in a thread, in the articles’ own words.`,
    ),
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
