// Starts the page: who looks, the live stream, and each part that draws what it tells.

import { startArrivals } from "./arrivals.js";
import { focusComposer, startConversation } from "./conversation.js";
import { startInspector, toggleInspector } from "./inspector.js";
import { startModals } from "./modals.js";
import { all, channel, isDirect, opening, place, subscribe, titleOf } from "./state.js";
import { isNarrow } from "./narrow.js";
import { showSidebar, startSidebar } from "./sidebar.js";
import { listen } from "./stream.js";
import { startTheme } from "./theme.js";
import { startThread } from "./thread.js";

const YOU = "U0YOU";
const banner = document.querySelector("#banner p");
const bannerText = [...banner.childNodes];

startTheme();
subscribe((keys, isFresh) => isFresh && settle());
startArrivals();
startThread(focusComposer);
startConversation(() => showSidebar(true));
startSidebar({ play, toggleInspector });
startModals();
startInspector();
subscribe(() => cover());
play(new URLSearchParams(location.search).get("as") ?? YOU);

function play(person) {
  place.thread = null;
  listen(person, (isLost) => {
    document.body.classList.toggle("is-lost", isLost);
    banner.replaceChildren(...(isLost ? ["The playground does not answer. Is it still running?"] : bannerText));
  });
}

// A fresh picture may be another person's, in which the open conversation is not
function settle() {
  if (place.channel !== "home" && !channel(place.channel)) {
    const wanted = location.hash.slice(1);
    place.channel = wanted === "home" || channel(wanted) ? wanted : all("channel").find((one) => !isDirect(one.id)).id;
  }
  history.replaceState(null, "", `?as=${opening.viewer}#${place.channel}`);
}

// What a thread covers on a phone is out of reach, of the keyboard too
function cover() {
  const isCovered = isNarrow() && place.thread !== null && place.channel !== "home";
  document.getElementById("conversation").inert = isCovered;
  document.title = place.channel === "home" ? "Home · Pullquote playground" : `${titleOf(place.channel)} · Pullquote playground`;
}
