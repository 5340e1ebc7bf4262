// Editing in place: Enter saves, Esc puts back what was there, Tab saves and opens the next property.
const HOST = "[data-editable]";
const before = new WeakMap();
let openNext = null;

export function edit(form) {
  const host = form.closest(HOST);
  const field = form.querySelector("input:not([type=hidden]), select, textarea");
  if (!host || !field) return;
  const first = field.value;
  let givenUp = false;
  field.select?.();
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return stop(event, () => ((givenUp = true), putBack(host)));
    if (event.key === "Tab") return stop(event, () => ((openNext = beside(host, event.shiftKey ? -1 : 1)), save(form, field, first, host)));
    const enter = event.key === "Enter" && (field.matches("select") || (field.matches("textarea") && (event.ctrlKey || event.metaKey)));
    if (enter) stop(event, () => form.requestSubmit());
  });
  form.addEventListener("focusout", (event) => {
    if (!givenUp && !form.contains(event.relatedTarget) && form.isConnected && document.hasFocus()) save(form, field, first, host);
  });
}

export function watchEdits() {
  document.addEventListener("htmx:before:swap", (event) => {
    const host = hostOf(event);
    if (host && !host.querySelector("form")) before.set(host, host.innerHTML);
  });
  document.addEventListener("htmx:after:swap", (event) => {
    const host = hostOf(event);
    if (!host || host.querySelector("form")) return;
    if (openNext) follow();
    else if (document.activeElement === document.body) host.querySelector("a")?.focus();
  });
}

function hostOf(event) {
  const target = event.detail.ctx?.target;
  return target instanceof Element && target.matches(HOST) ? target : null;
}

function save(form, field, first, host) {
  if (form.classList.contains("htmx-request")) return;
  if (field.value !== first || field.matches("[aria-invalid=true]")) return form.requestSubmit();
  putBack(host);
  follow();
}

function putBack(host) {
  if (!before.has(host)) return;
  const kept = before.get(host);
  before.delete(host);
  host.innerHTML = kept;
  globalThis.htmx?.process(host);
  host.querySelector("a")?.focus();
}

function follow() {
  const next = openNext;
  openNext = null;
  if (next?.isConnected) next.querySelector("a")?.click();
}

function beside(host, by) {
  const hosts = [...document.querySelectorAll(HOST)];
  return hosts[hosts.indexOf(host) + by] ?? null;
}

function stop(event, act) {
  event.preventDefault();
  event.stopPropagation();
  act();
}
