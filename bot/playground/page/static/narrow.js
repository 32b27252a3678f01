// Whether the window is a phone's, where panes lie over one another instead of side by side (see layout.css).

const query = matchMedia("(max-width: 760px)");

export function isNarrow() {
  return query.matches;
}
