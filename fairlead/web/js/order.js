// Putting a list in order: its grips are dragged, or moved with the arrow keys. Its buttons do the same without this.
export function order(list) {
  for (const grip of list.querySelectorAll("[data-grip]")) {
    grip.addEventListener("keydown", (event) => orderWithArrows(event, grip.form));
    grip.addEventListener("pointerdown", (event) => dragItem(event, list, grip));
  }
}

function orderWithArrows(event, form) {
  const way = { ArrowUp: "up", ArrowDown: "down" }[event.key];
  if (!way) return;
  event.preventDefault();
  event.stopPropagation();
  form.requestSubmit(form.querySelector(`[value=${way}]`));
}

function dragItem(event, list, grip) {
  if (event.button !== 0) return;
  const item = grip.closest("li");
  const after = item.nextElementSibling;
  const from = event.clientY;
  let lifted = false;
  const move = (moved) => {
    if (!lifted && Math.abs(moved.clientY - from) < 6) return;
    lifted = true;
    item.classList.add("lifted");
    putAt(list, item, moved.clientY);
  };
  const end = (cancelled) => {
    // not by capturing the pointer: an item that changes its place would lose it
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", drop);
    removeEventListener("pointercancel", leave);
    removeEventListener("keydown", escape);
    item.classList.remove("lifted");
    if (cancelled) list.insertBefore(item, after);
    else if (lifted && item.nextElementSibling !== after) postOrder(grip.form, item.nextElementSibling);
  };
  const drop = () => end(false);
  const leave = () => end(true);
  const escape = (pressed) => pressed.key === "Escape" && end(true);
  addEventListener("pointermove", move);
  addEventListener("pointerup", drop);
  addEventListener("pointercancel", leave);
  addEventListener("keydown", escape);
}

function putAt(list, item, y) {
  const others = [...list.children].filter((each) => each !== item);
  const next = others.find((each) => {
    const box = each.getBoundingClientRect();
    return y < box.top + box.height / 2;
  });
  if (next !== item.nextElementSibling) list.insertBefore(item, next ?? null);
}

function postOrder(form, next) {
  const before = form.elements.before;
  before.disabled = false;
  before.value = next?.dataset.key ?? "";
  form.requestSubmit();
}
