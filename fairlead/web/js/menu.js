// A popover menu: arrows move, digits choose where rows are numbered, Esc and a choice close it; placed by the browser where it can, else here.
export function menu(list) {
  const items = () => [...list.querySelectorAll("[role=menuitem]")];
  list.addEventListener("toggle", (event) => {
    if (event.newState !== "open") return;
    if (!CSS.supports("position-area", "block-end") && !list.matches("[data-placed]")) place(list);
    items()[0]?.focus();
  });
  list.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const all = items();
    if (by) all[(all.indexOf(document.activeElement) + by + all.length) % all.length]?.focus();
    else if (event.key === "Home") all[0]?.focus();
    else if (event.key === "End") all.at(-1)?.focus();
    else if (event.key === "Tab") list.hidePopover();
    else if (/^[1-9]$/.test(event.key) && list.matches("[data-numbered]")) all[event.key - 1]?.click();
    else return;
    if (event.key !== "Tab") event.preventDefault();
  });
  list.addEventListener("click", (event) => event.target.closest("[role=menuitem]") && list.hidePopover());
}

export function place(list, beside = document.querySelector(`[popovertarget="${CSS.escape(list.id)}"]`)) {
  const opener = beside?.getBoundingClientRect();
  if (!opener) return;
  list.style.positionArea = "none";
  const below = opener.bottom + list.offsetHeight < innerHeight;
  list.style.top = `${below ? opener.bottom : opener.top - list.offsetHeight - 8}px`;
  list.style.left = `${Math.max(8, Math.min(opener.right - list.offsetWidth, innerWidth - list.offsetWidth - 8))}px`;
}
