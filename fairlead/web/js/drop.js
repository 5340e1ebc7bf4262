// The file drop shows that it will take the file, and which one it has.
export function drop(area) {
  const input = area.querySelector("input[type=file]");
  const label = area.querySelector("b");
  const asked = label.textContent;
  for (const name of ["dragenter", "dragover"]) area.addEventListener(name, () => area.classList.add("over"));
  for (const name of ["dragleave", "drop"]) area.addEventListener(name, () => area.classList.remove("over"));
  input.addEventListener("change", () => {
    label.textContent = [...input.files].map((file) => file.name).join(", ") || asked;
  });
}
