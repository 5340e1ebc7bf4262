// The composer: a draft per record, the kind by letter or click, what the text says as chips, Ctrl+Enter sends.
import { remember, remembered } from "./store.js";

const DRAFT_MS = 300;
const READ_MS = 150;

export function composer(form) {
  const box = form.querySelector("textarea");
  const key = `draft:${form.dataset.draft}`;
  restore(form, box, remembered(key));
  box.setSelectionRange(box.value.length, box.value.length);
  let timer = 0;
  const save = () => remember(key, box.value.trim() ? { text: box.value, kind: form.elements.kind.value } : null);
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(save, DRAFT_MS);
    grow(box);
  });
  const forget = () => {
    clearTimeout(timer);
    remember(key, null);
  };
  form.addEventListener("htmx:after:request", (event) => event.detail.ctx.response.status < 400 && forget());
  if (!globalThis.htmx) form.addEventListener("submit", forget);
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.querySelector(".kinds")?.addEventListener("click", (event) => event.detail > 0 && box.focus());
  if (form.dataset.read) watchText(form, box);
  grow(box);
}

function restore(form, box, draft) {
  if (!draft || box.value) return;
  box.value = draft.text;
  const kind = form.querySelector(`[name=kind][value="${CSS.escape(draft.kind)}"]`);
  if (kind) kind.checked = true;
}

function grow(box) {
  if (CSS.supports("field-sizing", "content")) return;
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}

// What the text says is read by the server, which also does it: chips come back a moment after the last letter.
function watchText(form, box) {
  const state = { form, box, timer: 0, abort: null, chosen: new Map(), read: null };
  box.addEventListener("input", () => readSoon(state));
  box.addEventListener("scroll", () => { form.querySelector(".mirror").scrollTop = box.scrollTop; });
  form.addEventListener("change", (event) => {
    if (event.target.name === "kind") readSoon(state);
    if (event.target.name === "fx") state.chosen.set(event.target.value, event.target.checked);
  });
  form.addEventListener("keydown", (event) => acceptOffer(form, event));
  form.addEventListener("submit", (event) => readFirst(state, event), true);
  if (box.value.trim()) readSoon(state);
}

function readSoon(state) {
  clearTimeout(state.timer);
  state.abort?.abort();
  state.form.querySelector(".mirror").replaceChildren();
  state.timer = setTimeout(() => { state.read = readNow(state); }, READ_MS);
}

async function readNow(state) {
  state.timer = 0;
  const asked = state.box.value;
  const abort = state.abort = new AbortController();
  try {
    const answer = await fetch(state.form.dataset.read, { method: "POST", body: new FormData(state.form), signal: abort.signal });
    if (answer.ok && asked === state.box.value) showSaid(state, await answer.text());
  } catch (fault) {
    if (fault.name !== "AbortError") state.form.querySelector(".said").replaceChildren();
  } finally {
    if (state.abort === abort) state.read = null;
  }
}

function showSaid(state, html) {
  const found = new DOMParser().parseFromString(html, "text/html");
  state.form.querySelector(".mirror").replaceChildren(...found.querySelector("[data-mirror]").childNodes);
  found.querySelector("[data-mirror]").remove();
  for (const box of found.querySelectorAll("[name=fx]")) {
    if (state.chosen.has(box.value)) box.toggleAttribute("checked", state.chosen.get(box.value));
  }
  state.form.querySelector(".said").replaceChildren(...found.body.childNodes);
}

// Sent before the chips have come: they are read first, and what they say is sent.
function readFirst(state, event) {
  if (!state.timer && !state.read) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  clearTimeout(state.timer);
  (state.timer ? readNow(state) : state.read).then(() => state.form.requestSubmit());
}

// Alt and a digit: the offer of that number is taken.
function acceptOffer(form, event) {
  const number = event.altKey && /^Digit[1-9]$/.test(event.code) ? Number(event.code.slice(5)) : 0;
  const offer = [...form.querySelectorAll(".said [name=fx]:not(:checked)")][number - 1];
  if (!offer) return;
  event.preventDefault();
  offer.click();
}
