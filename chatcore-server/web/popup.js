// A `details` that opens over the page: it goes away with Escape, and when something else is looked at.

/** `within`: where one may look while it stays open; the box itself if nothing else is named. */
export function setUpPopup(box, within = box) {
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !box.open) return;
    // it is the box that is meant, not the answer that is being written
    event.stopPropagation();
    box.open = false;
    box.querySelector("summary").focus();
  });
  for (const change of ["focusin", "click"]) {
    document.addEventListener(change, (event) => within.contains(event.target) || (box.open = false));
  }
}
