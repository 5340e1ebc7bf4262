// A popover menu: arrows move, Esc and a choice close it; placed by the browser where it can, else here.
export function menu(list) {
  const items = () => [...list.querySelectorAll("[role=menuitem]")];
  list.addEventListener("toggle", (event) => {
    if (event.newState !== "open") return;
    if (!CSS.supports("position-area", "block-end")) place(list);
    items()[0]?.focus();
  });
  list.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const all = items();
    if (by) all[(all.indexOf(document.activeElement) + by + all.length) % all.length]?.focus();
    else if (event.key === "Home") all[0]?.focus();
    else if (event.key === "End") all.at(-1)?.focus();
    else if (event.key === "Tab") list.hidePopover();
    else return;
    if (event.key !== "Tab") event.preventDefault();
  });
  list.addEventListener("click", (event) => event.target.closest("[role=menuitem]") && list.hidePopover());
}

function place(list) {
  const opener = document.querySelector(`[popovertarget="${CSS.escape(list.id)}"]`)?.getBoundingClientRect();
  if (!opener) return;
  const below = opener.bottom + list.offsetHeight < innerHeight;
  list.style.top = `${below ? opener.bottom : opener.top - list.offsetHeight - 8}px`;
  list.style.left = `${Math.max(8, Math.min(opener.right - list.offsetWidth, innerWidth - list.offsetWidth - 8))}px`;
}
