// The one script of every page: behaviours are found by data-behaviour, here and in whatever htmx brings in.
import { start } from "./behave.js";
import { board, watchBoard } from "./board.js";
import { caller } from "./caller.js";
import { composer } from "./composer.js";
import { drop } from "./drop.js";
import { edit, watchEdits } from "./edit.js";
import { watchFaults } from "./faults.js";
import { filters } from "./filters.js";
import { watchKeys } from "./keys.js";
import { watchHover } from "./linger.js";
import { menu } from "./menu.js";
import { passkey } from "./passkey.js";
import { palette, watchPaletteLinks } from "./palette.js";
import { recall } from "./recall.js";
import { rows, watchRows } from "./rows.js";
import { select } from "./select.js";
import { sheet, watchOpeners } from "./sheet.js";
import { snooze, watchSnooze } from "./snooze.js";
import { toasts } from "./toasts.js";
import { watchVisits } from "./visit.js";

const behaviours = { board, caller, composer, drop, edit, filters, menu, palette, passkey, recall, rows, select, sheet, snooze, toasts };

watchKeys();
watchPaletteLinks();
watchOpeners();
watchRows();
watchSnooze();
watchBoard();
watchEdits();
watchFaults();
watchHover();
watchVisits();
document.addEventListener("htmx:after:process", (event) => start(event.target, behaviours));
start(document.body, behaviours);
