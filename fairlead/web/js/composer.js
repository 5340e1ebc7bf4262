// The composer: a draft per record, the kind by letter or click, Ctrl+Enter sends.
import { remember, remembered } from "./store.js";

const DRAFT_MS = 300;

export function composer(form) {
  const box = form.querySelector("textarea");
  const key = `draft:${form.dataset.draft}`;
  restore(form, box, remembered(key));
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
  form.querySelector(".kinds").addEventListener("click", (event) => event.detail > 0 && box.focus());
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
