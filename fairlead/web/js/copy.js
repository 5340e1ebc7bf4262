// Copies a text to the clipboard, where the browser lets a page do that.
export function copy(area) {
  const button = area.querySelector("[data-copy]");
  const asked = button.textContent;
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(area.querySelector("[data-copied]").textContent);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = asked), 2000);
  });
}
