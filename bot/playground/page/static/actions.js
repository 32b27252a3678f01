// Runs a person's actions on the server, and shows why one failed.

import { toast } from "./notices.js";
import { constants } from "./state.js";

/** Run the action `name` (see actions.py). Resolves to the response, or null if the action failed. */
export async function runAction(name, fields) {
  try {
    const response = await fetch(`/actions/${name}`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-playground-token": constants.token },
      body: JSON.stringify({ viewer: constants.viewer, ...fields }),
    });
    const answer = await response.json();
    if (response.ok && !answer.failure) {
      return answer;
    }
    toast(answer.failure ?? answer.error, "warning");
  } catch (error) {
    toast(`The playground does not respond (${error.message}). Is it still running?`, "warning");
  }
  return null;
}

/** Post `text` and any `files`; resolves to whether they were posted. */
export async function say(where, text, files) {
  return (await (files.length ? runAction("attach", { ...where, text, files }) : runAction("say", { ...where, text }))) !== null;
}
