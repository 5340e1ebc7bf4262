// When a change did not arrive: the page stays as it is, and a notice says so and offers to try again.
const UNSAVED = "Not saved: the server did not answer. Your text is still here.";
const UNREAD = "The server did not answer.";
const REFUSED = "That did not work, and nothing was changed.";

export function watchFaults() {
  document.addEventListener("htmx:error", (event) => {
    const ctx = event.detail.ctx;
    if (ctx) tell(ctx.request.method === "GET" ? UNREAD : UNSAVED, ctx.sourceElement);
  });
  document.addEventListener("htmx:before:swap", (event) => {
    const ctx = event.detail.ctx;
    const status = ctx?.response?.status ?? 200;
    if (status < 400 || ctx.target === document.body) return;
    if (status < 500 && !/^\s*<!doctype/i.test(ctx.text)) return;
    event.preventDefault();
    if (status < 500) tell(reason(ctx.text), null);
    else tell(ctx.request.method === "GET" ? UNREAD : UNSAVED, ctx.sourceElement);
  });
}

// A refusal that came as a whole page: its own words, without the page.
function reason(html) {
  return new DOMParser().parseFromString(html, "text/html").querySelector(".fault p")?.textContent ?? REFUSED;
}

function tell(text, source) {
  const region = document.getElementById("toasts");
  const template = document.getElementById("fault-toast");
  if (!region || !template) return;
  const toast = template.content.firstElementChild.cloneNode(true);
  toast.querySelector("p").textContent = text;
  const retry = toast.querySelector("[data-retry]");
  if (source?.isConnected) retry.addEventListener("click", () => again(source));
  else retry.remove();
  region.append(toast);
}

function again(source) {
  if (source.matches("form")) source.requestSubmit();
  else source.click();
}
