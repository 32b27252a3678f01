// Starts the page: the live stream and each part of the page.

import { runAction } from "./actions.js";
import { startIncoming } from "./incoming.js";
import { focusMessageBox, startConversation } from "./conversation.js";
import { startInspector, toggleInspector } from "./inspector.js";
import { startModals } from "./modals.js";
import { all, channel, isDirect, constants, current, subscribe, titleOf } from "./state.js";
import { isNarrow } from "./narrow.js";
import { showSidebar, startSidebar } from "./sidebar.js";
import { listen } from "./stream.js";
import { startTheme } from "./theme.js";
import { startThread } from "./thread.js";

const YOU = "U0YOU";
const banner = document.querySelector("#banner p");
const bannerText = [...banner.childNodes];

startTheme();
subscribe((keys, isFresh) => isFresh && openChannel());
startIncoming();
startThread(focusMessageBox);
startConversation(() => showSidebar(true));
startSidebar({ actAs, toggleInspector });
startModals();
startInspector();
subscribe(() => updatePanes());
actAs(new URLSearchParams(location.search).get("as") ?? YOU);

function actAs(person) {
  current.thread = null;
  listen(person, (isLost) => {
    document.body.classList.toggle("is-lost", isLost);
    banner.replaceChildren(...(isLost ? ["The playground does not respond. Is it still running?"] : bannerText));
  });
}

// A fresh state may be another person's, who is not in the open conversation
function openChannel() {
  if (current.channel !== "home" && !channel(current.channel)) {
    const wanted = location.hash.slice(1);
    current.channel = wanted === "home" || channel(wanted) ? wanted : all("channel").find((one) => !isDirect(one.id)).id;
  }
  history.replaceState(null, "", `?as=${constants.viewer}#${current.channel}`);
  if (current.channel === "home") {
    runAction("open-tab", { tab: "home" });
  }
}

// On a phone an open thread covers the conversation, which then takes no focus
function updatePanes() {
  const isCovered = isNarrow() && current.thread !== null && current.channel !== "home";
  document.getElementById("conversation").inert = isCovered;
  document.title = current.channel === "home" ? "Home · Pullquote playground" : `${titleOf(current.channel)} · Pullquote playground`;
}
