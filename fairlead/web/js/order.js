// Putting a list in order: its grips are dragged, or moved with the arrow keys. Its buttons do the same without this.
import { dragInList } from "./drag.js";

export function order(list) {
  for (const grip of list.querySelectorAll("[data-grip]")) {
    grip.addEventListener("keydown", (event) => orderWithArrows(event, grip.form));
    grip.addEventListener("pointerdown", (event) => {
      if (event.button === 0) dragInList(event, list, grip.closest("li"), (item) => postOrder(grip.form, item.nextElementSibling));
    });
  }
}

function orderWithArrows(event, form) {
  const way = { ArrowUp: "up", ArrowDown: "down" }[event.key];
  if (!way) return;
  event.preventDefault();
  event.stopPropagation();
  form.requestSubmit(form.querySelector(`[value=${way}]`));
}

function postOrder(form, next) {
  const before = form.elements.before;
  before.disabled = false;
  before.value = next?.dataset.key ?? "";
  form.requestSubmit();
}
