// A double click on a button sends its form once; a button that came anew in its place is another one.
let last = null;

export function watchTwice() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button[type=submit], form button:not([type])");
    if (button && button === last && event.detail > 1) event.preventDefault();
    last = button;
  }, true);
}
