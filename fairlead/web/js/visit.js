// Going to another page without reloading: the focus goes to its content, recents are kept, nothing stays open.
import { remember, remembered } from "./store.js";

const RECENTS = 8;

export function watchVisits() {
  document.addEventListener("htmx:after:swap", (event) => {
    if (event.detail.ctx?.target === document.body) arrived(true);
  });
  document.addEventListener("htmx:history:cache:before:save", closeEverything);
  document.addEventListener("htmx:history:cache:after:restore", () => arrived(true));
  arrived(false);
}

export function visit(url) {
  if (!globalThis.htmx) return location.assign(url);
  return htmx.ajax("GET", url, { target: document.body, swap: "outerSync show:top", push: "true" });
}

function arrived(moved) {
  if (document.body.hasAttribute("data-signed-out")) return sessionStorage.clear();
  keepRecent();
  if (location.hash === "#log") document.querySelector("#log textarea")?.focus();
  else if (moved && (document.activeElement === document.body || !document.activeElement)) {
    document.getElementById("main")?.focus({ preventScroll: true });
  }
}

function keepRecent() {
  const record = document.querySelector("main [data-recent]");
  if (!record) return;
  const url = location.pathname;
  const entry = { label: record.querySelector("h1").textContent.trim(), icon: `#i-${record.dataset.recent}`, url };
  const others = (remembered("recent") ?? []).filter((other) => other.url !== url);
  remember("recent", [entry, ...others].slice(0, RECENTS));
}

function closeEverything() {
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  for (const menu of document.querySelectorAll("[popover]:popover-open")) menu.hidePopover();
  document.getElementById("toasts")?.replaceChildren();
}
