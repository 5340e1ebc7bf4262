// Picking rows of a table: boxes, X, Shift with J or K, and all of the page at once.
export function select(table) {
  table.addEventListener("change", (event) => {
    if (event.target.matches("[data-select-all]")) {
      for (const box of boxes(table)) box.checked = event.target.checked;
    }
    if (event.target.matches("[data-select], [data-select-all]")) show(table);
  });
  show(table);
}

export function toggleSelected(row, to = undefined) {
  const box = row?.querySelector("[data-select]");
  if (!box) return false;
  box.checked = to ?? !box.checked;
  box.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}

function boxes(table) {
  return [...table.querySelectorAll("[data-select]")];
}

function show(table) {
  const picked = boxes(table).filter((box) => box.checked);
  for (const box of boxes(table)) box.closest("[data-row]").toggleAttribute("data-selected", box.checked);
  const every = table.querySelector("[data-select-all]");
  if (every) {
    every.checked = picked.length > 0 && picked.length === boxes(table).length;
    every.indeterminate = picked.length > 0 && !every.checked;
  }
  const bar = document.querySelector("[data-bulk]");
  if (!bar) return;
  bar.hidden = picked.length === 0;
  const figure = bar.querySelector("[data-picked]");
  if (figure) figure.textContent = picked.length;
}
