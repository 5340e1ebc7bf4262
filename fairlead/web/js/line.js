// The steps of a track on their line: a ring is dragged, or moved with the arrow keys. The buttons do it without this.
export function line(list) {
  list.addEventListener("keydown", moveWithArrows);
  list.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest("[data-grip]");
    if (grip && event.button === 0) dragStep(event, list, grip);
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

function dragStep(event, list, grip) {
  const item = grip.closest("li");
  const after = item.nextElementSibling;
  const from = event.clientY;
  let lifted = false;
  const move = (at) => {
    if (!lifted && Math.abs(at.clientY - from) < 6) return;
    lifted = true;
    item.classList.add("lifted");
    const next = [...list.children].find((each) => each !== item && at.clientY < middle(each));
    if (next !== item.nextElementSibling) list.insertBefore(item, next ?? null);
  };
  const end = (cancelled) => {
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", drop);
    removeEventListener("pointercancel", leave);
    removeEventListener("keydown", escape);
    item.classList.remove("lifted");
    if (cancelled) list.insertBefore(item, after);
    else if (item.nextElementSibling !== after) moved(item);
  };
  const drop = () => end(false);
  const leave = () => end(true);
  const escape = (pressed) => pressed.key === "Escape" && end(true);
  addEventListener("pointermove", move);
  addEventListener("pointerup", drop);
  addEventListener("pointercancel", leave);
  addEventListener("keydown", escape);
}

function middle(element) {
  const box = element.getBoundingClientRect();
  return box.top + box.height / 2;
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
