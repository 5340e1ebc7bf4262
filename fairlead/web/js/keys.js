// The keyboard map. A key presses whatever carries it as data-key: in the current row first, then on the page.
// Letters never fire in a field, with a modifier, or when the user has turned them off.
import { activate } from "./activate.js";
import { openPalette } from "./palette.js";
import { currentRow, rowKey } from "./rows.js";

const CHORD_MS = 1500;
let chordUntil = 0;

export function watchKeys() {
  document.addEventListener("keydown", onKey);
}

export function typing(element) {
  return element?.matches?.("input:not([type=checkbox], [type=radio], [type=file]), textarea, select, [contenteditable]") ?? false;
}

function onKey(event) {
  if (event.defaultPrevented || event.isComposing) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") return done(event, openPalette());
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") return escape(event);
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  if (event.target.closest?.("[popover]:popover-open")) return;
  if (/^Arrow(Up|Down)$|^Enter$/.test(event.key) && rowKey(event)) return done(event);
  if (document.body.dataset.keys !== "off" && letter(event)) done(event);
}

function letter(event) {
  const name = nameOf(event);
  if (performance.now() < chordUntil) {
    chordUntil = 0;
    return go(name);
  }
  if (name === "G") return Boolean((chordUntil = performance.now() + CHORD_MS));
  if (name === "/") return openPalette();
  if (name === "?") return document.getElementById("keys")?.showModal() ?? true;
  return rowKey(event) || press(name);
}

function nameOf(event) {
  const shifted = event.shiftKey && /^[a-z]$/i.test(event.key);
  return (shifted ? "Shift " : "") + event.key.toUpperCase();
}

function go(name) {
  const link = document.querySelector(`[data-go="${CSS.escape(name)}"]`);
  link?.click();
  return Boolean(link);
}

function press(name) {
  const target = carrier(name);
  if (target) activate(target);
  return Boolean(target);
}

function carrier(name) {
  const selector = `[data-key="${CSS.escape(name)}"]`;
  const inRow = currentRow()?.querySelector(selector);
  if (inRow) return inRow;
  const all = [...document.querySelectorAll(selector)].filter((element) => !element.closest("[data-row]"));
  if (name === "Z") all.reverse(); // the latest of several toasts
  return all.find((element) => element.checkVisibility()) ?? all.find((element) => element.closest(".menu"));
}

// In a field Esc leaves the field (drafts stay); elsewhere it goes back where the page says.
function escape(event) {
  if (typing(event.target)) return event.target.blur();
  const open = document.querySelector("dialog[open], [popover]:popover-open");
  if (!open) document.querySelector("main .back")?.click();
}

function done(event) {
  event.preventDefault();
}
