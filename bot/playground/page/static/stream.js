// The stream of updates for one person; the browser reconnects by itself.

import { apply } from "./state.js";

let source = null;

/** Receive updates for `viewer` from now on; `onLost(isLost)` is called when the connection is lost and restored. */
export function listen(viewer, onLost) {
  source?.close();
  source = new EventSource(`/stream?as=${encodeURIComponent(viewer)}`);
  source.addEventListener("message", (event) => {
    onLost(false);
    apply(JSON.parse(event.data));
  });
  source.addEventListener("error", () => onLost(true));
}
