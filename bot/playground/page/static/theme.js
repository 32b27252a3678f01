// The light or dark theme: the system's until the person chooses.

const KEY = "pullquote-theme";

/** Apply the theme that was chosen before. */
export function startTheme() {
  set(localStorage.getItem(KEY) ?? "");
}

/** Switch to the other theme. */
export function switchTheme() {
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const now = document.documentElement.dataset.theme || system;
  set(now === "dark" ? "light" : "dark");
}

function set(theme) {
  document.documentElement.dataset.theme = theme;
  localStorage.setItem(KEY, theme);
}
