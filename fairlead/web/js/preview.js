// What is typed shows in the preview at once, before it is saved.
const SHOWN = ["title", "intro", "button", "consent"];

export function preview(form) {
  form.addEventListener("input", (event) => {
    const { name, value, dataset } = event.target;
    const inside = document.getElementById("preview")?.contentDocument;
    const selector = dataset.shows ? `[data-field="${dataset.shows}"]` : SHOWN.includes(name) ? `[data-text="${name}"]` : "";
    const shown = selector && inside?.querySelector(selector);
    if (!shown) return;
    shown.textContent = value || shown.dataset.usual || "";
    shown.hidden = !shown.textContent;
  });
}
