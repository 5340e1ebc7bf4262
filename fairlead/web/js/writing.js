// A mail shows beside what is being written, as the chosen lead would get it.
const PAUSE = 350;

export function writing(form) {
  const show = form.querySelector("[data-preview]");
  let waiting = 0;
  form.addEventListener("input", ({ target }) => {
    const language = target.closest("fieldset") && target.name.split(".")[1];
    if (language) form.elements.shown.value = language;
    clearTimeout(waiting);
    waiting = setTimeout(() => shownAnew(form, show), PAUSE);
  });
}

// A new frame each time: otherwise each preview would be a step back in the browser's history.
function shownAnew(form, show) {
  const frame = document.getElementById("preview");
  const other = frame.cloneNode();
  other.removeAttribute("src");
  frame.replaceWith(other);
  form.requestSubmit(show);
}
