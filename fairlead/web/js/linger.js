// A pointer that rests 60 ms on a link makes htmx fetch it ahead (hx-preload="linger"); passing over does not.
const REST_MS = 60;
let timer = 0;

export function watchHover() {
  document.addEventListener("pointerover", (event) => {
    clearTimeout(timer);
    const link = event.pointerType === "mouse" && event.target.closest?.("a[hx-preload]");
    if (link) timer = setTimeout(() => link.dispatchEvent(new CustomEvent("linger")), REST_MS);
  });
}
