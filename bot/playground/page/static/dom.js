// Makes elements. Every text goes in as a text node: nothing here, or above it, ever reads markup.

/** An element: `props` are attributes, `on…` are listeners, `class` may hold falsy parts; children may nest. */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), value);
    } else if (name === "class") {
      element.className = [value].flat().filter(Boolean).join(" ");
    } else if (value === true) {
      element.setAttribute(name, "");
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, String(value));
    }
  }
  element.append(...nodes(children));
  return element;
}

/** Whatever may be a child, as nodes; falsy ones are left out. */
export function nodes(children) {
  return children.flat(Infinity).filter((child) => child || child === 0);
}

/** An address that a link may lead to; null for one that would run something. */
export function linkable(url) {
  return /^(https?|mailto|tel):/i.test(url) ? url : null;
}

/** A link that leaves the page, or its text where the address is not one to follow. */
export function link(url, ...children) {
  const href = linkable(url);
  return href ? h("a", { href, target: "_blank", rel: "noreferrer noopener" }, children) : h("span", {}, children);
}
