// S on a row: a menu of days beside it. A digit or a click puts the row's task off to that day.
import { place } from "./menu.js";

let snoozed = null;
let decided = false;

export function watchSnooze() {
  document.addEventListener("click", (event) => {
    const found = event.target.closest?.("[data-snooze]");
    const menu = document.getElementById("row-snooze");
    if (!found || !menu || decided || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    found.closest("[popover]")?.hidePopover();
    openBeside(menu, found);
  }, true);
}

export function snooze(menu) {
  menu.addEventListener("click", (event) => {
    const day = event.target.closest("[data-due]");
    if (day && snoozed?.isConnected) putOff(`${snoozed.dataset.snooze}?due=${day.dataset.due}`);
  });
}

function openBeside(menu, found) {
  snoozed = found;
  menu.querySelector("a").setAttribute("href", found.dataset.snooze);
  menu.showPopover();
  place(menu, found.checkVisibility() ? found : found.closest("[data-row]").querySelector("[popovertarget], [data-open]"));
  menu.querySelector("[role=menuitem]").focus();
}

// A row of work leaves by itself, its button pressed with the day; a row of a list comes back with its page.
function putOff(url) {
  if (snoozed.matches("[hx-post]")) {
    snoozed.setAttribute("hx-post", url);
    decided = true;
    snoozed.click();
    decided = false;
    return;
  }
  const send = document.createElement("button");
  send.setAttribute("formaction", url);
  const form = document.getElementById("act");
  form.append(send);
  form.requestSubmit(send);
  send.remove();
}
