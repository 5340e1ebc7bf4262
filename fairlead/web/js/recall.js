// A field with a list of suggestions shows all of them when it is entered, and what stood there when it is left empty.
export function recall(input) {
  const restore = () => {
    if (input.value === "" && input.dataset.stood !== undefined) input.value = input.dataset.stood;
    delete input.dataset.stood;
    input.placeholder = "";
  };
  input.addEventListener("focus", () => {
    input.dataset.stood = input.placeholder = input.value;
    input.value = "";
  });
  input.addEventListener("blur", restore);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === "Escape") restore();
  });
  input.form?.addEventListener("submit", restore, true);
}
