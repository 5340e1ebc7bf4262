// The inbox: the current lead stands beside its list. J and K, or a press of the pointer, choose it; Enter opens it.
import { focusRow } from "./rows.js";

const SETTLE_MS = 90;
let settling = 0;
let looked = ""; // the address of what is looked at

export function inbox(list) {
  list.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-preview]");
    clearTimeout(settling);
    if (row && pane()) settling = setTimeout(() => showBeside(row), SETTLE_MS);
  });
  list.addEventListener("click", (event) => {
    const link = event.target.closest("[data-open]");
    // Enter presses a link without a pointer: then it leads to the lead's own page.
    if (!link || !event.detail || event.ctrlKey || event.metaKey || event.shiftKey || !pane()) return;
    event.preventDefault();
    event.stopPropagation();
    focusRow(link.closest("[data-row]"));
  }, true);
  looked = list.querySelector(".cur")?.dataset.preview ?? "";
}

function pane() {
  const place = document.getElementById("preview");
  return place?.checkVisibility() ? place : null;
}

function showBeside(row) {
  const url = row.dataset.preview;
  if (!globalThis.htmx || url === looked || !row.isConnected) return;
  looked = url;
  htmx.ajax("GET", url, { target: "#preview", swap: "innerHTML" });
  history.replaceState(history.state, "", row.dataset.here);
}
