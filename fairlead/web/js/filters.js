// The filter bar asks at once when a choice changes; text waits for Enter. What is empty stays out of the address.
export function filters(form) {
  form.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name);
  });
  form.addEventListener("change", (event) => {
    if (event.target.matches("[data-submits]")) form.requestSubmit();
  });
}
