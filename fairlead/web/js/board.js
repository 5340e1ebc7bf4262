// The board: a card goes to another lane by pointer, by [ and ], or by its menu; within its lane also by Shift and
// arrows. The server has the last word.
import { typing } from "./keys.js";
import { place } from "./menu.js";
import { currentRow, focusRow } from "./rows.js";

const THRESHOLD = 6;
const EDGE = 48;
const left = new Map(); // where cards were that are on their way, by id
let chosen = null; // the card whose menu is open

export function board(host) {
  const menu = document.getElementById("board-move");
  host.addEventListener("dragstart", (event) => event.preventDefault());
  if (!("movable" in host.dataset)) return;
  host.addEventListener("pointerdown", (event) => drag(host, event));
  host.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-move]");
    if (!opener || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation(); // or the link would be followed
    chosen = opener.closest("[data-row]");
    menu.showPopover();
    place(menu, opener);
    menu.querySelector("[role=menuitem]").focus();
  }, true);
  menu.addEventListener("click", (event) => {
    const to = event.target.closest("[data-stage], [data-close], [data-place]");
    if (to && chosen?.isConnected) goTo(chosen, to);
  });
}

export function watchBoard() {
  document.addEventListener("keydown", (event) => {
    const host = document.querySelector(".board[data-behaviour]");
    if (!host || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (document.querySelector("dialog[open], [popover]:popover-open")) return;
    if (boardKey(host, event)) event.preventDefault();
  });
  document.addEventListener("htmx:finally:request", (event) => {
    const ctx = event.detail.ctx;
    if (!["move", "place"].includes(ctx?.sourceElement?.id)) return;
    const moved = ctx.response?.status === 200 && !ctx.response.headers.has("HX-Reswap"); // which a refusal carries
    settle(new URLSearchParams(ctx.request.body).get("opportunity"), moved);
  });
}

function boardKey(host, event) {
  const card = currentRow();
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (by && !event.shiftKey) return besideCard(host, card, by);
  if (!card || document.body.dataset.keys === "off" || !("movable" in host.dataset)) return false;
  const way = { "[": -1, "]": 1 }[event.key];
  if (way) return moveCard(card, lanes(host)[lanes(host).indexOf(card.closest(".lane")) + way]);
  const up = event.shiftKey && { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (up) return placeBy(card, up);
  const closing = event.shiftKey && { W: "close-won", L: "close-lost" }[event.key];
  return Boolean(closing) && closeSale(card, closing);
}

function lanes(host) {
  return [...host.querySelectorAll(".lane")];
}

// The card at the same height in the next lane that has any.
function besideCard(host, card, by) {
  const all = lanes(host);
  const at = card ? all.indexOf(card.closest(".lane")) : by > 0 ? -1 : all.length;
  const index = card ? [...card.parentElement.children].indexOf(card) : 0;
  for (let lane = all[at + by], next = at + by; lane; next += by, lane = all[next]) {
    const cards = lane.querySelectorAll("[data-row]");
    if (cards.length) return focusRow(cards[Math.min(index, cards.length - 1)]) ?? true;
  }
  return false;
}

function goTo(card, to) {
  if (to.dataset.close) return closeSale(card, to.dataset.close);
  if (to.dataset.place) return to.dataset.place === "next" ? placeByNext(card) : placeBy(card, Number(to.dataset.place));
  return moveCard(card, card.closest(".board").querySelector(`.lane[data-stage="${CSS.escape(to.dataset.stage)}"]`));
}

function closeSale(card, how) {
  location.href = `/opportunities/${card.id.replace("row-", "")}/${how}`;
  return true;
}

// To another lane: on top of it until its next step puts it there, or before the card it was let go above.
function moveCard(card, lane, below) {
  const form = document.getElementById("move");
  if (!lane || lane === card.closest(".lane") || left.has(card.id)) return false;
  left.set(card.id, { lane: card.parentElement, before: card.nextElementSibling });
  const list = lane.querySelector("ol");
  list.insertBefore(card, below === undefined ? list.firstElementChild : below);
  send(form, card, { stage: lane.dataset.stage, ...(below === undefined ? { before: "", after: "" } : standing(card)) });
  focusRow(card);
  return true;
}

// Within its lane: one up or down.
function placeBy(card, by) {
  const other = by < 0 ? card.previousElementSibling : card.nextElementSibling;
  if (!other?.matches("[data-row]")) return true;
  return placeCard(card, by < 0 ? other : other.nextElementSibling);
}

// Within its lane, before another card; without one, or before what is not loaded yet, behind the last.
function placeCard(card, below) {
  const form = document.getElementById("place");
  if (below === card || below === card.nextElementSibling) return false;
  left.set(card.id, { lane: card.parentElement, before: card.nextElementSibling });
  card.parentElement.insertBefore(card, below);
  send(form, card, standing(card));
  focusRow(card);
  return true;
}

// Where it stands now, as the server takes it; alone in its lane there is nothing to say.
function standing(card) {
  const [before, after] = [card.nextElementSibling, card.previousElementSibling];
  if (before?.matches("[data-row]")) return { before: idOf(before), after: "" };
  return { before: "", after: after ? idOf(after) : "" };
}

function placeByNext(card) {
  send(document.getElementById("place"), card, { before: "", after: "" });
  return true;
}

function send(form, card, values) {
  card.classList.add("is-saving");
  form.elements.opportunity.value = idOf(card);
  for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
  form.requestSubmit();
}

function idOf(card) {
  return card.id.replace("row-", "");
}

// What was not moved goes back to where it was.
function settle(id, moved) {
  const card = document.getElementById(`row-${id}`);
  const was = left.get(`row-${id}`);
  left.delete(`row-${id}`);
  if (!card) return;
  card.classList.remove("is-saving");
  if (!moved && was) was.lane.insertBefore(card, was.before?.parentElement === was.lane ? was.before : null);
  if (document.activeElement === document.body) focusRow(card);
}

// --- by pointer; fingers scroll and swipe instead ----------------------------------------------------------------

function drag(host, event) {
  const card = event.target.closest("[data-row]");
  if (!card || event.button || event.pointerType === "touch" || event.target.closest("button, [data-move], [data-snooze]")) return;
  const start = { x: event.clientX, y: event.clientY };
  const box = card.getBoundingClientRect();
  let ghost = null;
  let point = null; // where it was let go
  const stop = new AbortController();
  const on = (name, does, options = {}) => addEventListener(name, does, { ...options, signal: stop.signal });
  on("pointermove", (at) => {
    if (!ghost && Math.hypot(at.clientX - start.x, at.clientY - start.y) < THRESHOLD) return;
    ghost ??= lift(card, box);
    ghost.style.translate = `${box.left + at.clientX - start.x}px ${box.top + at.clientY - start.y}px`;
    scrollAtEdge(host, at.clientX);
    mark(host, under(at));
    markPlace(card, at);
  });
  on("pointerup", (at) => ((point = at), end(under(at))));
  on("pointercancel", () => end(null));
  on("keydown", (key) => key.key === "Escape" && ghost && (key.preventDefault(), end(null)), { capture: true });

  function end(target) {
    stop.abort();
    mark(host, null);
    const below = ghost && target?.matches(".lane") ? cardBelow(card, target, point) : undefined;
    markPlace(card, null);
    if (!ghost) return;
    ghost.remove();
    card.classList.remove("held");
    addEventListener("click", (click) => (click.preventDefault(), click.stopPropagation()), { capture: true, once: true });
    setTimeout(() => dispatchEvent(new Event("click")), 0); // no click came: the next one is the user's own
    if (target?.matches("[data-close]")) closeSale(card, target.dataset.close);
    else if (target === card.closest(".lane")) placeCard(card, below);
    else moveCard(card, target, below);
  }
}

function lift(card, box) {
  const ghost = card.querySelector(".card").cloneNode(true);
  ghost.classList.add("lifted");
  ghost.style.width = `${box.width}px`;
  ghost.setAttribute("aria-hidden", "true");
  document.body.append(ghost);
  card.classList.add("held");
  return ghost;
}

// The first card of a lane whose middle lies below the pointer; without one what follows the cards, or nothing.
function cardBelow(card, lane, at) {
  const others = [...lane.querySelectorAll("[data-row]")].filter((each) => each !== card);
  return others.find((each) => {
    const box = each.getBoundingClientRect();
    return at.clientY < box.top + box.height / 2;
  }) ?? lane.querySelector(".more");
}

// The line where it would come to stand.
function markPlace(card, at) {
  for (const each of document.querySelectorAll(".lane .above")) each.classList.remove("above");
  const lane = at && under(at);
  if (lane?.matches(".lane")) cardBelow(card, lane, at)?.classList.add("above");
}

function under(at) {
  return document.elementFromPoint(at.clientX, at.clientY)?.closest(".lane, .rail [data-close]") ?? null;
}

function mark(host, target) {
  for (const each of host.querySelectorAll(".over")) if (each !== target) each.classList.remove("over");
  target?.classList.add("over");
}

function scrollAtEdge(host, x) {
  const box = host.getBoundingClientRect();
  if (x > box.right - EDGE) host.scrollLeft += 12;
  if (x < box.left + EDGE) host.scrollLeft -= 12;
}
