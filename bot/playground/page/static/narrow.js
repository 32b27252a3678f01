// Whether the window is as narrow as a phone's, where panes overlap (see layout.css).

const query = matchMedia("(max-width: 760px)");

export function isNarrow() {
  return query.matches;
}
