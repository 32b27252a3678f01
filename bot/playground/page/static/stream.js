// The live connection: listens as one person, and as another when told; the browser itself connects again.

import { apply } from "./state.js";

let source = null;

/** See the workspace as `viewer` from now on. `onLost(isLost)` tells when the playground went away, and came back. */
export function listen(viewer, onLost) {
  source?.close();
  source = new EventSource(`/stream?as=${encodeURIComponent(viewer)}`);
  source.addEventListener("message", (event) => {
    onLost(false);
    apply(JSON.parse(event.data));
  });
  source.addEventListener("error", () => onLost(true));
}
