// The current row of a list: moved by J, K and arrows, followed by focus, passed on when its row goes away.
import { toggleSelected } from "./select.js";

const ROW = "[data-row]";
let passTo = null;

export function rows(list) {
  list.addEventListener("focusin", (event) => makeCurrent(event.target.closest(ROW)));
}

export function currentRow() {
  return document.querySelector(`${ROW}.cur, ${ROW}:has(> .cur)`);
}

export function rowKey(event) {
  const key = event.key.toLowerCase();
  const inControl = event.target.closest?.("button, a, input, summary") && !event.target.matches("[data-open]");
  if (key === "enter") return !inControl && !event.target.matches("[data-open]") && open(currentRow());
  if (event.shiftKey && key.startsWith("arrow")) return false; // they move the row itself
  if (key === "j" || key === "arrowdown") return step(1, event.shiftKey && key === "j");
  if (key === "k" || key === "arrowup") return step(-1, event.shiftKey && key === "k");
  if (event.shiftKey || !currentRow()) return false;
  if (key === "x") return toggleSelected(currentRow());
  if (key === "i") return click(currentRow().querySelector("[data-editable] a"));
  if (key === ".") return click(currentRow().querySelector("[popovertarget]"));
  return false;
}

// Rows that go away hand the focus to the next one, or the one before.
export function watchRows() {
  document.addEventListener("htmx:before:request", (event) => {
    const row = event.target.closest?.(ROW);
    if (row) passTo = { row, id: row.id, next: neighbour(row, 1) ?? neighbour(row, -1) };
  });
  document.addEventListener("htmx:after:swap", () => {
    if (!passTo || passTo.row.isConnected) return;
    const row = (passTo.id && document.getElementById(passTo.id)) || passTo.next;
    passTo = null;
    closeEmptyGroups();
    if (row?.isConnected) focusRow(row);
    else document.getElementById("main")?.focus();
  });
}

function all() {
  return [...document.querySelectorAll(`[data-behaviour~=rows] ${ROW}`)].filter((row) => row.checkVisibility());
}

function neighbour(row, by) {
  const list = all();
  return list[list.indexOf(row) + by] ?? null;
}

function step(by, extend) {
  const list = all();
  if (!list.length) return false;
  const at = list.indexOf(currentRow());
  const row = list[at < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(Math.max(at + by, 0), list.length - 1)];
  if (extend) toggleSelected(row, true);
  focusRow(row);
  return true;
}

export function focusRow(row) {
  makeCurrent(row);
  row.scrollIntoView({ block: "nearest" });
  (row.querySelector("[data-open]") ?? row.querySelector("button, a, input"))?.focus({ preventScroll: true });
}

function makeCurrent(row) {
  if (!row) return;
  for (const marked of document.querySelectorAll("[data-row].cur, [data-row] > .cur")) marked.classList.remove("cur");
  (row.querySelector(":scope > .card") ?? row).classList.add("cur");
}

function open(row) {
  return click(row?.querySelector("[data-open]"));
}

function click(element) {
  element?.click();
  return Boolean(element);
}

function closeEmptyGroups() {
  for (const list of document.querySelectorAll(".group > ul")) {
    if (!list.querySelector(ROW)) list.parentElement.remove();
  }
}
