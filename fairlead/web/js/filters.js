// The filter bar asks at once when a choice changes; text waits for Enter.
export function filters(form) {
  form.addEventListener("change", (event) => {
    if (event.target.matches("[data-submits]")) form.requestSubmit();
  });
}
