// Dragging an item of a list with the pointer: it goes where it is held, Escape and a cancelled gesture put it back.
export function dragInList(event, list, item, dropped) {
  const after = item.nextElementSibling;
  const from = event.clientY;
  let lifted = false;
  const move = (at) => {
    if (!lifted && Math.abs(at.clientY - from) < 6) return;
    lifted = true;
    item.classList.add("lifted");
    const next = [...list.children].find((each) => each !== item && at.clientY < middleOf(each));
    if (next !== item.nextElementSibling) list.insertBefore(item, next ?? null);
  };
  const end = (cancelled) => {
    // not by capturing the pointer: an item that changes its place would lose it
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", drop);
    removeEventListener("pointercancel", leave);
    removeEventListener("keydown", escape);
    item.classList.remove("lifted");
    if (cancelled) list.insertBefore(item, after);
    else if (item.nextElementSibling !== after) dropped(item);
  };
  const drop = () => end(false);
  const leave = () => end(true);
  const escape = (pressed) => pressed.key === "Escape" && end(true);
  addEventListener("pointermove", move);
  addEventListener("pointerup", drop);
  addEventListener("pointercancel", leave);
  addEventListener("keydown", escape);
}

function middleOf(element) {
  const box = element.getBoundingClientRect();
  return box.top + box.height / 2;
}
