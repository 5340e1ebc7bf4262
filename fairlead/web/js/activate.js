// What a key or the palette does to the thing it names: fields take the focus, anything else is clicked.
export function activate(element) {
  if (element.matches("input, textarea, select")) return element.focus();
  element.click();
  if (element.matches("label")) element.closest("form")?.querySelector("textarea")?.focus();
}
