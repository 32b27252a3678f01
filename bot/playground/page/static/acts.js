// Tells the server what the person does; a refusal becomes a notice, and the caller learns that it was one.

import { toast } from "./notices.js";
import { opening } from "./state.js";

/** Do `name` (see acts.py). Returns what the server answered, or null when it was refused or failed. */
export async function act(name, fields) {
  try {
    const response = await fetch(`/do/${name}`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-playground-token": opening.token },
      body: JSON.stringify({ viewer: opening.viewer, ...fields }),
    });
    const answer = await response.json();
    if (response.ok && !answer.failure) {
      return answer;
    }
    toast(answer.failure ?? answer.error, "warning");
  } catch (error) {
    toast(`The playground does not answer (${error.message}). Is it still running?`, "warning");
  }
  return null;
}

/** Say `text` there, with `files` if there are any; resolves to whether it was taken. */
export async function say(where, text, files) {
  return (await (files.length ? act("attach", { ...where, text, files }) : act("say", { ...where, text }))) !== null;
}
