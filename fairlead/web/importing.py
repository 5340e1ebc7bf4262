"""The plan of an import as a page shows it and reads it back: what the file is, what its columns become."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.errors import Invalid, Refused
from fairlead.core.record import nouns
from fairlead.exchange.imports.carrying import OUTCOMES, REJECTED, rows_told
from fairlead.exchange.mapping.targets import PLURAL, label, own_fields, targets
from fairlead.models import Import, Run
from fairlead.verbs.import_files import mappings_for

SIZE = 25  # rows on a page of a dry run
COLUMNS = 300  # that a page shows
LEAVE_OUT = gettext_lazy("Leave out")
NOUNS = [
    ("person", gettext_lazy("People")),
    ("company", gettext_lazy("Companies")),
    ("lead", gettext_lazy("Leads")),
    ("opportunity", gettext_lazy("Opportunities")),
    ("task", gettext_lazy("Tasks")),
]
MODES = [
    ("create", gettext_lazy("Add new ones; leave those that are there as they are")),
    ("create_and_update", gettext_lazy("Add new ones and update those that are there")),
    ("update", gettext_lazy("Only update those that are there")),
]
UNKNOWN_OWNERS = [
    ("mine", gettext_lazy("Leave their rows to me")),
    ("nobody", gettext_lazy("Leave their rows without an owner")),
    ("refuse", gettext_lazy("Reject their rows")),
]
MATCHES = [
    ("mail", gettext_lazy("E-mail address")),
    ("phone", gettext_lazy("Phone number")),
    ("name", gettext_lazy("Name")),
]
SEPARATORS = [
    (",", gettext_lazy("Comma")),
    (";", gettext_lazy("Semicolon")),
    ("\\t", gettext_lazy("Tab")),
    ("|", gettext_lazy("Bar |")),
]
ENCODINGS = ["utf-8", "windows-1252", "iso-8859-15", "windows-1250", "windows-1251", "utf-16", "shift_jis", "gb18030"]
USUAL = {"mode": "create", "unknown": "refuse", "unknown_owner": "mine", "whose": "rules"}
WHOSE = [
    ("rules", gettext_lazy("By the lead rules")),
    ("me", gettext_lazy("Mine")),
]
DATES = [
    ("", gettext_lazy("As found")),
    ("dmy", gettext_lazy("Day first, 24/12/2026")),
    ("mdy", gettext_lazy("Month first, 12/24/2026")),
    ("ymd", gettext_lazy("Year first, 2026-12-24")),
]
DECIMALS = [(".", gettext_lazy("Point, 1,234.50")), (",", gettext_lazy("Comma, 1.234,50"))]
SECRETS = {
    "password": gettext_lazy("Holds passwords"),
    "card": gettext_lazy("Holds card numbers"),
    "bank": gettext_lazy("Holds bank accounts"),
    "national_id": gettext_lazy("Holds national ids"),
    "health": gettext_lazy("Holds sensitive facts"),
}
SURE = {
    "said": gettext_lazy("You chose"),
    "name": gettext_lazy("By its name"),
    "values": gettext_lazy("By its values"),
    "": gettext_lazy("Not known"),
}
TOLD = {
    "new": gettext_lazy("New"),
    "update": gettext_lazy("Update"),
    "duplicate": gettext_lazy("There already"),
    "rejected": gettext_lazy("Rejected"),
}


def result_of(into: Import) -> dict[str, str]:
    """How an import stands, in a word and a tone."""
    run = into.run
    if into.is_running and run is not None:
        words = {"try": _("Being tried"), "take_back": _("Being taken back")}
        return {"text": words.get(run.kind, _("Running")), "tone": "acc"}
    if into.state == Import.State.BEGUN and run is not None:
        return {"text": _("Stopped"), "tone": "late"}
    tones = {"done": "won", "back": "", "draft": "due", "begun": ""}
    words = {"begun": _("From the command line")}
    return {"text": words.get(into.state, into.get_state_display()), "tone": tones[into.state]}


@dataclass
class Plan:
    """`given`: what the form sent; `asked`: which rows of the dry run to show."""

    into: Import
    by: Actor
    given: Mapping[str, Any] | None
    asked: Mapping[str, Any]
    errors: dict[str, str] = field(default_factory=dict)

    def wishes(self) -> dict[str, Any]:
        """What the form says otherwise than it stands; raises Invalid with the fields that cannot be read."""
        found, wishes, given = self.into.found, self.into.wishes, self.given or {}
        said: dict[str, Any] = {
            name: given[name]
            for name in (
                "noun",
                "encoding",
                "separator",
                "sheet",
                "dates",
                "decimal",
                "mode",
                "unknown",
                "unknown_owner",
                "whose",
            )
            if name in given and given[name] != self.shown(name)
        }
        if "header" in given and (row := self._header()) != found["header"]:
            said["header"] = row
        match = [name for name, _label in MATCHES if given.get(f"match_{name}")]
        if "match" in given and match != wishes.get("match", ["mail"]):
            said["match"] = match
        if "noun" not in said and (columns := self._columns()):
            said["columns"] = columns
        return said

    def shown(self, name: str) -> str:
        """What stands in a field as long as nobody says otherwise."""
        into = self.into
        if name == "noun":
            return into.kind
        if name in USUAL:
            return str(into.wishes.get(name, USUAL[name]))
        value = str(into.found.get(name, ""))
        return value.replace("\t", "\\t") if name == "separator" else value

    def refused(self, refusal: Refused) -> None:
        if isinstance(refusal, Invalid):
            self.errors |= {name: " ".join(texts) for name, texts in refusal.errors.items()}
        else:
            self.errors[""] = refusal.text

    def context(self, request: Any) -> dict[str, Any]:
        into = self.into
        noun = PLURAL.get(into.kind, "people")
        facts: dict[str, Any] = {
            "into": into,
            "run": into.run,
            "result": result_of(into),
            "errors": self.errors,
            "wrong": lambda name: self.errors.get(name, ""),
            "many": str(nouns()[into.kind]._meta.verbose_name_plural),
            "mine": into.by_user_id == request.by.user_id,
            "has_rejected": (into.folder / REJECTED).is_file(),
            "percent": _percent(into.run),
            "brought": f"/{nouns()[into.kind].plural()}?import={into.public_id}" if into.kind != "task" else "",
        }
        return facts | (self._draft(noun) if into.is_draft and into.found else {})

    # --- of one that is not started ----------------------------------------------------------------------------------

    def _draft(self, noun: str) -> dict[str, Any]:
        into = self.into
        options = targets(noun, self.by)
        own = own_fields(noun, self.by, "refuse")
        choosing = {name for name, each in own.items() if each.kind in ("choice", "choices")}
        return {
            "plan": self,
            "noun_choices": [each for each in NOUNS if self._may(each[0])] or NOUNS,
            "modes": MODES,
            "whose": WHOSE,
            "matches": [(name, text, name in into.wishes.get("match", ["mail"])) for name, text in MATCHES],
            "separators": _with(SEPARATORS, self.shown("separator")),
            "encodings": _with([(each, each.upper()) for each in ENCODINGS], self.shown("encoding")),
            "dates": DATES,
            "decimals": DECIMALS,
            "sheets": [(each, each) for each in into.found["sheets"]],
            "columns": self._shown_columns(noun),
            "hidden": max(0, len(into.found["columns"]) - COLUMNS),
            "options": [str(LEAVE_OUT), *(text for _meaning, text in options)],
            "chooses": any(each["means"] in choosing for each in into.found["columns"]),
            "staged": noun == "opportunities",
            "owned": any(each["means"] in ("owner", "owner_mail") for each in into.found["columns"]),
            "unknown_owners": [each for each in UNKNOWN_OWNERS if noun != "tasks" or each[0] != "nobody"],
            "mappings": list(mappings_for(self.by)[:50]),
            **self._told(),
        }

    def _shown_columns(self, noun: str) -> list[dict[str, Any]]:
        shown = []
        for at, each in enumerate(self.into.found["columns"][:COLUMNS], 1):
            typed = (self.given or {}).get(f"c{at}")
            means = label(each["means"], noun) if each["means"] else str(LEAVE_OUT)
            error = self.errors.get(f"c{at}", "")
            sure: Any = SECRETS[each["secret"]] if each["secret"] and not each["means"] else SURE[each["sure"]]
            if each["sure"] == "said" and self.into.mapping is not None:
                sure = _("Saved")
            shown.append(
                each
                | {
                    "at": at,
                    "value": typed if error else means,
                    "error": error,
                    "says": sure,
                    "unsure": not each["means"],
                }
            )
        return shown

    def _columns(self) -> dict[str, str]:
        """The columns that mean something else than they did, as #1 and so on."""
        given, noun = self.given or {}, PLURAL[self.into.kind]
        by_label = {text.lower(): meaning for meaning, text in targets(noun, self.by)}
        columns: dict[str, str] = {}
        for at, each in enumerate(self.into.found["columns"][:COLUMNS], 1):
            if f"c{at}" not in given:
                continue
            text = str(given[f"c{at}"]).strip().lower()
            left_out = text in ("", str(LEAVE_OUT).lower())
            same = each["means"] and text == label(each["means"], noun).lower()
            meaning = "" if left_out else each["means"] if same else by_label.get(text)
            if meaning is None:
                self.errors[f"c{at}"] = _("There is no field of this name. Choose one of the list.")
            elif meaning != each["means"]:
                columns[f"#{at}"] = meaning
        if any(name.startswith("c") and name[1:].isdigit() for name in self.errors):
            raise Invalid({name: [text] for name, text in self.errors.items()})
        return columns

    def _header(self) -> int:
        text = str((self.given or {}).get("header", "")).strip() or "0"
        if not text.isdecimal() or int(text) > 1000:
            raise Invalid({"header": [_("Write the number of a row, or 0 when there is none.")]})
        return int(text)

    def _told(self) -> dict[str, Any]:
        """The rows of the dry run, a page of one outcome."""
        into = self.into
        if not into.tried:
            return {"tried": None}
        counts = into.tried["counts"]
        usual = next((name for name in ("rejected", "new", "update", "duplicate") if counts[name]), "new")
        chosen = str(self.asked.get("rows", usual))
        chosen = chosen if chosen in OUTCOMES else usual
        at = str(self.asked.get("page", "1"))
        number = int(at) if at.isdecimal() and 0 < int(at) < 10_000 else 1
        rows = rows_told(into, chosen, (number - 1) * SIZE, SIZE + 1)
        here = f"/imports/{into.public_id}?rows={chosen}&page="
        return {
            "tried": into.tried,
            "counts": counts,
            "tabs": [
                {
                    "url": f"/imports/{into.public_id}?rows={name}",
                    "label": text,
                    "count": counts[name],
                    "current": name == chosen,
                }
                for name, text in TOLD.items()
            ],
            "told": rows[:SIZE],
            "previous": f"{here}{number - 1}" if number > 1 else "",
            "next": f"{here}{number + 1}" if len(rows) > SIZE else "",
            "coming": counts["new"] + counts["update"],
        }

    def _may(self, noun: str) -> bool:
        return access.can_any(self.by, "create", noun) or access.can_any(self.by, "edit", noun)


def _with(choices: list[tuple[str, Any]], value: str) -> list[tuple[str, Any]]:
    """The choices, with what was found among them."""
    return choices if value in {name for name, _text in choices} else [(value, value.upper()), *choices]


def _percent(run: Run | None) -> int:
    return min(100, run.done * 100 // run.total) if run is not None and run.total and run.done else 0
