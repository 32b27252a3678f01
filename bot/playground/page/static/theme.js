// Light or dark: as the system says, until the person chooses.

const KEY = "pullquote-theme";

/** Take up what was chosen before. */
export function startTheme() {
  set(localStorage.getItem(KEY) ?? "");
}

/** The other of the two. */
export function switchTheme() {
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const now = document.documentElement.dataset.theme || system;
  set(now === "dark" ? "light" : "dark");
}

function set(theme) {
  document.documentElement.dataset.theme = theme;
  localStorage.setItem(KEY, theme);
}
