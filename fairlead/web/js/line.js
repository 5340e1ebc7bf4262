// The steps of a track on their line: a ring is dragged, or moved with the arrow keys. The buttons do it without this.
import { dragInList } from "./drag.js";

export function line(list) {
  list.addEventListener("keydown", moveWithArrows);
  list.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest("[data-grip]");
    if (grip && event.button === 0) dragInList(event, list, grip.closest("li"), moved);
  });
}

function moveWithArrows(event) {
  const grip = event.target.closest("[data-grip]");
  const up = event.key === "ArrowUp";
  if (!grip || (!up && event.key !== "ArrowDown")) return;
  event.preventDefault();
  event.stopPropagation();
  const item = grip.closest("li");
  const other = up ? item.previousElementSibling : item.nextElementSibling;
  if (!other) return;
  if (up) other.before(item);
  else other.after(item);
  grip.focus();
  moved(item);
}

// The buttons count places, and the example is worked out anew.
function moved(item) {
  const items = [...item.parentElement.children];
  items.forEach((each, at) => {
    for (const button of each.querySelectorAll("button[name=do]")) {
      button.value = button.value.replace(/\d+$/, String(at));
      if (/^(up|down)/.test(button.value)) button.disabled = at === (button.value.startsWith("up") ? 0 : items.length - 1);
    }
  });
  item.dispatchEvent(new Event("change", { bubbles: true }));
}
