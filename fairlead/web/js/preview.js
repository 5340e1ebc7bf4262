// What is typed shows in the preview at once, before it is saved; also what was typed before the preview had come.
const SHOWN = ["title", "intro", "button", "consent"];

export function preview(form) {
  const frame = document.getElementById("preview");
  form.addEventListener("input", (event) => showIn(frame, event.target));
  frame?.addEventListener("load", () => {
    for (const field of form.elements) if (field.value !== field.defaultValue) showIn(frame, field);
  });
}

function showIn(frame, { name, value, dataset }) {
  const inside = frame?.contentDocument;
  const selector = dataset.shows ? `[data-field="${dataset.shows}"]` : SHOWN.includes(name) ? `[data-text="${name}"]` : "";
  const shown = selector && inside?.querySelector(selector);
  if (!shown) return;
  shown.textContent = value || shown.dataset.usual || "";
  shown.hidden = !shown.textContent;
}
