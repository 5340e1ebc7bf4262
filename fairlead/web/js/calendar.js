// The calendar: an entry goes to another day or time by pointer, by Shift and the arrow keys, or by its own link.
import { typing } from "./keys.js";
import { currentRow } from "./rows.js";

const DISTANCE = 6;
const STEP = 15; // minutes
let movedEntry = ""; // the entry that gets the focus back when the days come anew
const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

export function calendar(host) {
  host.addEventListener("dragstart", (event) => event.preventDefault());
  host.addEventListener("pointerdown", (event) => carry(host, event));
  host.addEventListener("click", (event) => newAt(host, event));
  host.querySelector(`.entry[data-id="${CSS.escape(movedEntry)}"] [data-open]`)?.focus();
  movedEntry = "";
}

export function watchCalendar() {
  addEventListener("keydown", (event) => {
    const way = event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey && ARROWS[event.key];
    const entry = way && !typing(event.target) && currentRow();
    if (!entry || !entry.matches(".entry[data-movable]") || !document.getElementById("cal-move")) return;
    event.preventDefault();
    event.stopPropagation();
    nudge(entry, ...way);
  }, { capture: true });
}

// A click on what is empty books a meeting there.
function newAt(host, event) {
  const day = event.target.closest("[data-day]");
  if (!day || !host.dataset.new || event.target.closest("a, button, .entry, header") || phone()) return;
  const at = minutesAt(host, day, event.clientY);
  const time = at === null ? "" : `&at=${clockAt(Math.floor(at / 30) * 30)}`;
  location.href = `${host.dataset.new}?on=${day.dataset.day}${time}`;
}

function nudge(entry, days, steps) {
  const on = new Date(`${entry.closest("[data-day]").dataset.day}T12:00:00Z`);
  on.setUTCDate(on.getUTCDate() + days);
  const [hours, minutes] = entry.dataset.at.split(":").map(Number);
  const at = Math.min(Math.max(hours * 60 + minutes + steps * STEP, 0), 24 * 60 - STEP);
  sendMoved(entry, on.toISOString().slice(0, 10), steps ? clockAt(at) : "");
}

function carry(host, event) {
  const entry = event.target.closest(".entry[data-movable]");
  if (!entry || event.button || event.pointerType === "touch" || event.target.closest(".move") || phone()) return;
  const box = entry.getBoundingClientRect();
  const from = { x: event.clientX, y: event.clientY };
  let ghost = null;
  const stop = new AbortController();
  const on = (name, does, options = {}) => addEventListener(name, does, { ...options, signal: stop.signal });
  on("pointermove", (at) => {
    if (!ghost && Math.hypot(at.clientX - from.x, at.clientY - from.y) < DISTANCE) return;
    ghost ??= ghostOf(entry, box);
    ghost.style.translate = `${box.left + at.clientX - from.x}px ${box.top + at.clientY - from.y}px`;
    markDay(host, dayAt(at));
  });
  on("pointerup", (at) => end(at));
  on("pointercancel", () => end(null));
  on("keydown", (key) => key.key === "Escape" && ghost && (key.preventDefault(), end(null)), { capture: true });

  function end(at) {
    stop.abort();
    markDay(host, null);
    if (!ghost) return;
    ghost.remove();
    entry.classList.remove("held");
    addEventListener("click", (click) => (click.preventDefault(), click.stopPropagation()), { capture: true, once: true });
    setTimeout(() => dispatchEvent(new Event("click")), 0); // no click came: the next one is the user's own
    const day = at && dayAt(at);
    if (!day) return;
    const top = minutesAt(host, day, at.clientY - (from.y - box.top));
    const whole = !entry.closest(".hours");
    const to = top === null || whole ? "" : clockAt(Math.min(Math.max(Math.round(top / STEP) * STEP, 0), 24 * 60 - STEP));
    if (day.dataset.day !== entry.closest("[data-day]").dataset.day || (to && to !== entry.dataset.at)) {
      sendMoved(entry, day.dataset.day, to);
    }
  }
}

// Minutes since midnight at this height of a week's day; null where there are no hours.
function minutesAt(host, day, y) {
  const hours = day.querySelector(":scope > .hours");
  if (!hours) return null;
  const box = hours.getBoundingClientRect();
  const first = Number(host.dataset.first) * 60;
  const length = Number(host.dataset.last) * 60 - first;
  return Math.min(Math.max(first + ((y - box.top) / box.height) * length, first), first + length - STEP);
}

function clockAt(minutes) {
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

function sendMoved(entry, on, at) {
  const form = document.getElementById("cal-move");
  if (entry.classList.contains("is-saving")) return;
  entry.classList.add("is-saving");
  movedEntry = entry.dataset.id;
  for (const [name, value] of Object.entries({ kind: entry.dataset.kind, id: entry.dataset.id, on, at })) {
    form.elements[name].value = value;
  }
  form.requestSubmit();
}

function phone() {
  return matchMedia("(max-width: 48rem)").matches;
}

function ghostOf(entry, box) {
  const ghost = entry.cloneNode(true);
  ghost.classList.add("lifted");
  ghost.style.width = `${box.width}px`;
  ghost.style.height = `${box.height}px`;
  ghost.setAttribute("aria-hidden", "true");
  document.body.append(ghost);
  entry.classList.add("held");
  return ghost;
}

function dayAt(at) {
  return document.elementFromPoint(at.clientX, at.clientY)?.closest(".cal-day") ?? null;
}

function markDay(host, target) {
  for (const each of host.querySelectorAll(".over")) if (each !== target) each.classList.remove("over");
  target?.classList.add("over");
}
