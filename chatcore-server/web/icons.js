// The icons of the page, drawn with lines on a 24 by 24 grid. Logos and pictures do not belong here.

const PATHS = {
  menu: "M4 7h16M4 12h16M4 17h16",
  close: "M6 6l12 12M18 6L6 18",
  plus: "M12 5v14M5 12h14",
  attach: "M20 11.5l-8 8a5 5 0 0 1-7-7l8.5-8.5a3.3 3.3 0 0 1 4.7 4.7L9.8 17a1.6 1.6 0 0 1-2.3-2.3l7.5-7.4",
  send: "M12 19V6M6 11.5l6-6 6 6",
  stop: "M7.5 7.5h9v9h-9z",
  down: "M12 5v13M6 12.5l6 6 6-6",
  left: "M14.5 6l-6 6 6 6",
  right: "M9.5 6l6 6-6 6",
  edit: "M4 20h4L19 9l-4-4L4 16zM13.5 6.5l4 4",
  again: "M20 11.5a8 8 0 1 0-2.3 6M20 5v6.5h-6.5",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  done: "M5 12.5l5 5L19.5 7",
  remove: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
  fork: "M6 4v16M6 14c0-4 12-2 12-7M18 7V4M6 20v0",
  good: "M7 11v9H4v-9zM7 11l4-7a2 2 0 0 1 2 2v4h5a2 2 0 0 1 2 2.3l-1 6a2 2 0 0 1-2 1.7H7",
  bad: "M7 13V4H4v9zM7 13l4 7a2 2 0 0 0 2-2v-4h5a2 2 0 0 0 2-2.3l-1-6A2 2 0 0 0 17 4H7",
  share: "M12 15V4M8 7.5L12 4l4 3.5M6 12H5v8h14v-8h-1",
  pin: "M9 4h6M10 4v6l-3 4h10l-3-4V4M12 14v6",
  archive: "M4 5h16v4H4zM5.5 9v10h13V9M10 13h4",
  restore: "M4 5h16v4H4zM5.5 9v10h13V9M12 17v-5M9.5 14L12 11.5l2.5 2.5",
  settings: "M4 7h9M17 7h3M15 9a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM4 17h3M11 17h9M9 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  help: "M9.3 9a2.8 2.8 0 1 1 4.2 2.5c-.9.5-1.5 1.2-1.5 2.3M12 17.3v.2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
  out: "M14 4H5v16h9M10 12h11M17.5 8.5L21 12l-3.5 3.5",
  light: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4",
  dark: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
  system: "M4 5h16v11H4zM9 20h6M12 16v4",
};

const SVG = "http://www.w3.org/2000/svg";

/** An icon; it is decoration, the button around it has the name. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const attributes = { viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": "1.8" };
  const shape = { "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true", focusable: "false" };
  for (const [key, value] of Object.entries({ ...attributes, ...shape })) svg.setAttribute(key, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
