// The phone page: what is typed finds who is calling, and fills the form of a new lead beside it.
// Arrows choose, Enter opens, Ctrl+Enter adds the lead. Enter waits for the answer to what was typed last.
export function caller(desk) {
  const state = {
    input: desk.querySelector("[name=number]"),
    found: desk.querySelector("#found"),
    form: desk.querySelector("form[method=post]"),
    filled: {},
    waits: false,
  };
  state.input.addEventListener("input", () => fillCaller(state));
  state.input.addEventListener("keydown", (event) => onCallerKey(state, event));
  state.input.form.addEventListener("submit", (event) => event.preventDefault());
  desk.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    state.form.requestSubmit();
  });
  new MutationObserver(() => matched(state)).observe(state.found, { childList: true });
  if (!/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName)) state.input.focus();
  matched(state);
}

function fillCaller(state) {
  const text = state.input.value.trim();
  const to = /^[+\d][\d\s()./-]{2,}$/.test(text) ? "phone" : text.includes("@") ? "email" : "name";
  for (const name of ["name", "phone", "email"]) {
    const field = state.form.elements[name];
    if (!field || field.value !== (state.filled[name] ?? "")) continue;
    field.value = state.filled[name] = name === to ? text : "";
  }
}

function matched(state) {
  state.input.setAttribute("aria-expanded", String(foundMatches(state).length > 0));
  chooseMatch(state, foundMatches(state)[0]);
  if (state.waits && isAnswered(state)) openMatch(state);
}

function onCallerKey(state, event) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const all = foundMatches(state);
  if (by && all.length) chooseMatch(state, all[(all.indexOf(chosenMatch(state)) + by + all.length) % all.length]);
  else if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
  else if (isAnswered(state)) openMatch(state);
  else state.waits = true;
  event.preventDefault();
}

function openMatch(state) {
  state.waits = false;
  const option = chosenMatch(state);
  if (option) option.click();
  else (state.form.elements.name.value ? state.form.elements.phone ?? state.form.elements.interest : state.form.elements.name).focus();
}

function chooseMatch(state, option) {
  chosenMatch(state)?.setAttribute("aria-selected", "false");
  if (!option) return state.input.removeAttribute("aria-activedescendant");
  option.setAttribute("aria-selected", "true");
  state.input.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function chosenMatch(state) {
  return state.found.querySelector("[aria-selected=true]");
}

function foundMatches(state) {
  return [...state.found.querySelectorAll("[role=option]")];
}

function isAnswered(state) {
  return state.found.querySelector("[data-asked]")?.dataset.asked.trim() === state.input.value.trim();
}
