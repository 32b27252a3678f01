// Creates elements. Texts become text nodes: nothing on the page parses markup.

/** An element. `on…` props are listeners, other props attributes; a `class` list and children may contain falsy values. */
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

/** Nested children as a flat list without falsy ones. */
export function nodes(children) {
  return children.flat(Infinity).filter((child) => child || child === 0);
}

/** The URL if it is safe to link to, else null. */
function linkable(url) {
  return /^(https?|mailto|tel):/i.test(url) ? url : null;
}

/** A link that opens in a new tab; a span if the URL is not safe. */
export function link(url, ...children) {
  const href = linkable(url);
  return href ? h("a", { href, target: "_blank", rel: "noreferrer noopener" }, children) : h("span", {}, children);
}
