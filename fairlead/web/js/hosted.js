// The one script of public forms: a second press sends nothing, and a frame around the form learns its height.
const mistakes = document.querySelector("[data-mistakes]");
mistakes?.focus();

for (const form of document.querySelectorAll("form[data-hosted]")) {
  form.addEventListener("submit", () => {
    const button = form.querySelector("[type=submit]");
    setTimeout(() => (button.disabled = true));
    setTimeout(() => (button.disabled = false), 8000);
  });
}

if (parent !== window && "embedded" in document.documentElement.dataset) {
  const tell = () => parent.postMessage({ fairleadHeight: document.documentElement.offsetHeight }, "*");
  new ResizeObserver(tell).observe(document.documentElement);
  addEventListener("load", tell);
  const onward = document.querySelector("[data-onward]");
  if (onward) parent.postMessage({ fairleadOnward: onward.href }, "*");
}
