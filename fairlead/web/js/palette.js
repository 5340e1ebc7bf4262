// The palette: actions of this page, recent records, places, records found by the server. > @ # narrow it.
import { activate } from "./activate.js";
import { currentRow } from "./rows.js";
import { remembered } from "./store.js";
import { sheet } from "./sheet.js";
import { visit } from "./visit.js";

const PAUSE_MS = 120;
const SERVED = ["plan", "records"]; // what the server found
let made = 0;

export function watchPaletteLinks() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-palette]");
    if (link && !event.ctrlKey && !event.metaKey && openPalette()) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, true);
}

export function openPalette() {
  const dialog = document.getElementById("palette");
  if (!dialog) return false;
  if (dialog.open) return true;
  dialog.dispatchEvent(new CustomEvent("fill"));
  dialog.showModal();
  dialog.querySelector("input").focus();
  return true;
}

export function palette(dialog) {
  sheet(dialog);
  const input = dialog.querySelector("input");
  const none = dialog.querySelector(".none");
  const state = { dialog, input, none, usual: none.textContent, targets: new WeakMap(), abort: null, timer: 0 };
  dialog.addEventListener("fill", () => fill(state));
  input.addEventListener("input", () => ask(state));
  input.addEventListener("keydown", (event) => onArrow(state, event));
  dialog.addEventListener("click", (event) => run(state, event.target.closest("[role=option]")));
}

function fill(state) {
  state.input.value = "";
  put(state, "actions", actions().map((element) => ({ ...described(element), element })));
  put(state, "recent", remembered("recent") ?? []);
  put(state, "goto", [...document.querySelectorAll(".side .nav a")].map((link) => ({ ...described(link), url: link.href })));
  forget(state);
  narrow(state);
}

function forget(state) {
  for (const name of SERVED) put(state, name, []);
  state.none.textContent = state.usual;
}

// The record that is looked at: this page's, or the current row's.
function here() {
  if (document.querySelector("main [data-recent]")) return location.pathname;
  return currentRow()?.querySelector("[data-open]")?.getAttribute("href") ?? "";
}

function actions() {
  const seen = new Set();
  return [...document.querySelectorAll("main [data-key], main [data-command]")].filter((element) => {
    const label = described(element).label;
    const hidden = element.closest("[data-row]:not(.cur)") || element.matches("input, textarea") || !label || seen.has(label);
    return !hidden && seen.add(label);
  });
}

function described(element) {
  const copy = element.cloneNode(true);
  copy.querySelectorAll("kbd, .num, input").forEach((part) => part.remove());
  const shown = [...copy.querySelectorAll("[data-kind]")].length ? "" : copy.textContent;
  return {
    label: (element.getAttribute("aria-label") ?? shown).trim().replace(/\s+/g, " "),
    icon: element.querySelector("use")?.getAttribute("href") ?? "#i-right",
    key: element.dataset.key ?? (element.dataset.go ? `G ${element.dataset.go}` : ""),
  };
}

function put(state, name, entries) {
  const box = group(state, name);
  box.querySelectorAll("[role=option]").forEach((option) => option.remove());
  for (const entry of entries) box.append(option(state, entry));
}

function option(state, entry) {
  const made = state.dialog.querySelector("template").content.firstElementChild.cloneNode(true);
  made.querySelector("use").setAttribute("href", entry.icon);
  made.querySelector("b").textContent = entry.label;
  made.querySelector("small").textContent = entry.note ?? "";
  const key = made.querySelector("kbd");
  if (entry.key) key.textContent = entry.key;
  else key.remove();
  if (entry.url) made.dataset.url = entry.url;
  if (entry.element) state.targets.set(made, entry.element);
  return made;
}

function ask(state) {
  narrow(state);
  clearTimeout(state.timer);
  state.abort?.abort();
  const query = state.input.value.trim();
  if (query.length < 2 || query.startsWith(">")) return forget(state), narrow(state);
  state.timer = setTimeout(() => records(state, query), PAUSE_MS);
}

async function records(state, query) {
  state.abort = new AbortController();
  try {
    const url = `${state.dialog.dataset.records}?${new URLSearchParams({ q: query, here: here() })}`;
    const answer = await fetch(url, { signal: state.abort.signal, headers: { "HX-Request": "true" } });
    if (!answer.ok) return;
    const found = document.createElement("template");
    found.innerHTML = await answer.text();
    forget(state);
    for (const option of found.content.querySelectorAll("[role=option]")) group(state, option.dataset.into ?? "records").append(option);
    state.none.textContent = found.content.querySelector("[data-none]")?.textContent ?? state.usual;
    narrow(state);
  } catch (error) {
    if (error.name !== "AbortError") forget(state);
  }
}

function narrow(state) {
  const text = state.input.value.trim();
  const only = { ">": ["actions", "goto"], "@": ["records"], "#": ["records"] }[text[0]];
  const words = plain(only ? text.slice(1) : text).split(" ").filter(Boolean);
  for (const box of state.dialog.querySelectorAll("[data-group]")) {
    const name = box.dataset.group;
    const allowed = !only || only.includes(name);
    for (const item of box.querySelectorAll("[role=option]")) {
      item.hidden = !allowed || (!SERVED.includes(name) && !words.every((word) => plain(item.textContent).includes(word)));
    }
    box.hidden = ![...box.querySelectorAll("[role=option]")].some((item) => !item.hidden);
  }
  state.none.hidden = shown(state).length > 0;
  choose(state, shown(state)[0]);
}

function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

function shown(state) {
  return [...state.dialog.querySelectorAll("[role=option]")].filter((item) => !item.hidden);
}

function group(state, name) {
  return state.dialog.querySelector(`[data-group=${name}]`);
}

function choose(state, item) {
  state.dialog.querySelectorAll("[aria-selected=true]").forEach((other) => other.setAttribute("aria-selected", "false"));
  if (!item) return state.input.removeAttribute("aria-activedescendant");
  item.id ||= `palette-option-${(made += 1)}`;
  item.setAttribute("aria-selected", "true");
  state.input.setAttribute("aria-activedescendant", item.id);
  item.scrollIntoView({ block: "nearest" });
}

function onArrow(state, event) {
  const items = shown(state);
  const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (by && items.length) choose(state, items[(at + by + items.length) % items.length]);
  else if (event.key === "Enter") run(state, items[at] ?? null, true);
  else return;
  event.preventDefault();
}

function run(state, item, searchInstead = false) {
  if (!item && !searchInstead) return;
  const target = item && state.targets.get(item);
  const url = item?.dataset.url ?? `/search?q=${encodeURIComponent(state.input.value.trim())}`;
  state.dialog.close();
  if (target) activate(target);
  else visit(url);
}
