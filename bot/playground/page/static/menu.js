// Menus of buttons: arrow keys move the focus; a choice, Escape or a click elsewhere closes the menu.

import { h } from "./dom.js";

let close = () => {};

/** Open a menu at `anchor`; items are {label, choose, icon?, isDangerous?}. `kind` "grid" shows them side by side. */
export function openMenu(anchor, label, items, kind = "list") {
  close();
  const buttons = items.map((item) =>
    h(
      "button",
      {
        type: "button",
        role: "menuitem",
        tabindex: -1,
        class: item.isDangerous && "dangerous",
        "aria-label": item.name,
        title: item.name,
        onclick: () => (close(true), item.choose()),
      },
      item.icon,
      item.label,
    ),
  );
  const menu = h("div", { class: ["menu", kind], role: "menu", "aria-label": label, onkeydown: moveFocus }, buttons);
  const outside = (event) => !menu.contains(event.target) && !anchor.contains(event.target) && close();
  close = (isChosen = false) => {
    close = () => {};
    document.removeEventListener("pointerdown", outside, true);
    const hadFocus = menu.contains(document.activeElement);
    menu.remove();
    // Some anchors are visible only while they are expanded or focused
    if (isChosen || hadFocus) {
      anchor.focus();
    }
    anchor.setAttribute("aria-expanded", "false");
  };
  document.addEventListener("pointerdown", outside, true);
  anchor.setAttribute("aria-expanded", "true");
  (anchor.closest("dialog") ?? document.body).append(menu);
  position(menu, anchor.getBoundingClientRect());
  buttons[0].focus();

  function moveFocus(event) {
    const at = buttons.indexOf(document.activeElement);
    const to = {
      ArrowDown: at + 1,
      ArrowRight: at + 1,
      ArrowUp: at - 1,
      ArrowLeft: at - 1,
      Home: 0,
      End: buttons.length - 1,
    }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      event.stopPropagation();
      buttons[(to + buttons.length) % buttons.length].focus();
    } else if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  }
}

function position(menu, at) {
  const [width, height] = [menu.offsetWidth, menu.offsetHeight];
  const below = at.bottom + height + 8 < innerHeight;
  menu.style.left = `${Math.max(8, Math.min(at.right - width, innerWidth - width - 8))}px`;
  menu.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - height - 4)}px`;
}
