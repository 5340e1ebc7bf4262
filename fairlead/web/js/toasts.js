// Notices stay 8 seconds, longer while the pointer or the focus is on them.
const SHOWN_MS = 8000;

export function toasts(region) {
  new MutationObserver(() => region.querySelectorAll(".toast").forEach(attend)).observe(region, { childList: true, subtree: true });
  region.querySelectorAll(".toast").forEach(attend);
  region.addEventListener("click", (event) => {
    if (event.target.closest("[data-dismiss], [data-retry], [formaction]")) later(event.target.closest(".toast"));
  });
}

const attended = new WeakSet();

function attend(toast) {
  if (attended.has(toast)) return;
  attended.add(toast);
  if (toast.dataset.toast === "stay") return;
  let timer = 0;
  const run = () => (timer = setTimeout(() => leave(toast), SHOWN_MS));
  const hold = () => clearTimeout(timer);
  for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, hold);
  for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, () => (hold(), run()));
  run();
}

// After the click has done its work: the button must still be in the page while it submits.
function later(toast) {
  setTimeout(() => leave(toast));
}

function leave(toast) {
  const focused = toast.contains(document.activeElement);
  toast.remove();
  if (focused) document.querySelector(".cur [data-open], #main")?.focus({ preventScroll: true });
}
