// Pictures and files of a message. A picture that is in the message is shown; one that is elsewhere is a link, because
// showing it would tell its server who reads this.

import { make } from "./dom.js";

/** Fills `element` with what these parts carry besides words. */
export function showAttached(element, parts) {
  const views = parts.map(viewOf).filter(Boolean);
  element.replaceChildren(...views);
  element.hidden = views.length === 0;
}

function viewOf({ type, url, name }) {
  if (type === "image" && /^data:image\//i.test(url)) return make("img", { src: url, alt: "Picture in this message", decoding: "async" });
  const what = type === "image" ? "Picture" : type === "file" ? "File" : null;
  if (!what) return null;
  const label = name ? `${what}: ${name}` : what;
  if (!/^https?:\/\//i.test(url)) return make("span", { text: label });
  return make("a", { href: url, text: name ? label : `${what}: ${url}`, target: "_blank", rel: "noopener noreferrer nofollow" });
}
