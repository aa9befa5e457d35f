// Pictures and files of a message. A picture that is in the message or attached to it is shown; one that is elsewhere is a
// link, because showing it would tell its server who reads this.

import { make } from "./dom.js";
import { contentOf } from "./files.js";

/** The id of an attachment. */
const OURS = /^att_[0-9a-f]{32}$/;

/** Fills `element` with what these parts carry besides words. */
export function showAttached(element, parts) {
  const views = parts.map(viewOf).filter(Boolean);
  element.replaceChildren(...views);
  element.hidden = views.length === 0;
}

/** The ids of what is attached to a message. */
export const attachmentsOf = ({ parts = [] }) => parts.map(({ url }) => url).filter((url) => OURS.test(url ?? ""));

function viewOf({ type, url, name }) {
  if (type === "image" && OURS.test(url)) return picture(contentOf(url));
  if (type === "image" && /^data:image\//i.test(url)) return picture(url);
  const what = type === "image" ? "Picture" : type === "file" ? "File" : null;
  if (!what) return null;
  const label = name ? `${what}: ${name}` : what;
  if (OURS.test(url)) return make("a", { href: contentOf(url), text: label, download: name ?? "" });
  if (!/^https?:\/\//i.test(url)) return make("span", { text: label });
  return make("a", { href: url, text: name ? label : `${what}: ${url}`, target: "_blank", rel: "noopener noreferrer nofollow" });
}

/** A picture; a word about it if it cannot be shown. */
function picture(src) {
  const image = make("img", { src, alt: "Picture in this message", decoding: "async" });
  image.addEventListener("error", () => image.replaceWith(make("span", { text: "A picture that is gone" })));
  return image;
}
