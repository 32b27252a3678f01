// Line icons as SVG paths.

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  back: "M15 5l-7 7 7 7",
  bolt: "M13 3L5 14h6l-1 7 8-11h-6z",
  clip: "M20 11.5l-8 8a5 5 0 01-7-7l8.5-8.5a3.3 3.3 0 014.7 4.7L9.8 17a1.7 1.7 0 01-2.4-2.4l7.4-7.4",
  close: "M6 6l12 12M18 6L6 18",
  code: "M8 7l-5 5 5 5M16 7l5 5-5 5M13.5 5l-3 14",
  edit: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 14.5a2.5 2.5 0 100-5 2.5 2.5 0 000 5z",
  file: "M6 3h8l5 5v13H6zM14 3v5h5",
  forward: "M13 6l7 6-7 6v-4c-4.5 0-7.5 1.5-9.5 5 .3-5.5 3.5-9 9.5-9z",
  hash: "M10 4L8 20M16 4l-2 16M5 9h15M4 15h15",
  home: "M4 11l8-7 8 7v9h-5v-6H9v6H4z",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9h.01",
  menu: "M4 7h16M4 12h16M4 17h16",
  more: "M5 12a.6.6 0 101.2 0 .6.6 0 10-1.2 0zM11.4 12a.6.6 0 101.2 0 .6.6 0 10-1.2 0zM17.8 12a.6.6 0 101.2 0 .6.6 0 10-1.2 0z",
  people: "M9 11a3.5 3.5 0 100-7 3.5 3.5 0 000 7zM2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 4.3a3.5 3.5 0 010 6.4M18 14.6c2.1.9 3.5 2.9 3.5 5.4",
  reply: "M4 5h16v11h-9l-4 4v-4H4z",
  send: "M4 12L3.5 4.5 21 12 3.5 19.5zM4 12h9",
  smile: "M12 21a9 9 0 100-18 9 9 0 000 18zM8.5 14.5c1.8 2.3 5.2 2.3 7 0M9 9.5h.01M15 9.5h.01",
  theme: "M12 21a9 9 0 100-18 9 9 0 000 18zM12 3v18M12 7a5 5 0 010 10",
  "thumb-down": "M7 4h9.5l3 8v2H14l.7 4.5c0 1.2-.8 1.8-1.8 1.8L9.5 14H7zM7 4H4v10h3",
  "thumb-up": "M7 20h9.5l3-8v-2H14l.7-4.5c0-1.2-.8-1.8-1.8-1.8L9.5 10H7zM7 20H4V10h3",
  trash: "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
  warning: "M12 4L2.5 20h19zM12 10v4.5M12 17.5h.01",
};

/** An icon; hidden from screen readers, so its button needs a label. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/** The bot's logo: two quotation marks. */
export function mark() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "6 5 20 20");
  svg.setAttribute("class", "mark");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute(
    "d",
    "M8 21v-5.4C8 12 9.9 9.6 13.3 9l.6 2c-1.9.6-2.9 1.8-3 3.5H14V21zm9.5 0v-5.4c0-3.6 1.9-6 5.3-6.6l.6 2c-1.9.6-2.9 1.8-3 3.5h3.1V21z",
  );
  svg.append(path);
  return svg;
}
