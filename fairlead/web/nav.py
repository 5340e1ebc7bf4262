"""The sidebar: its pages in the order of the work, those that the reader's role can open."""

from typing import Any

from fairlead.core import access
from fairlead.core.actor import Actor

# label, url, icon, key after G, what it needs, on the phone bar
Entry = tuple[str, str, str, str, str, bool]

GROUPS: list[tuple[str, list[Entry]]] = [
    (
        "Work",
        [
            ("Today", "/", "today", "T", "member", True),
            ("Tasks", "/tasks", "check", "K", "task.see", False),
            ("Leads", "/leads?as=inbox", "leads", "L", "lead.see", False),
            ("Queues", "/queues", "team", "U", "lead.create", False),
            ("Pipeline", "/pipeline", "pipeline", "P", "opportunity.see", True),
            ("No next step", "/no-next-step", "clock", "N", "member", False),
            ("Calendar", "/calendar", "cal", "C", "task.see", False),
            ("Phone", "/call", "phone", "H", "lead.create", False),
            ("Submissions", "/submissions", "form", "S", "lead.see", False),
        ],
    ),
    (
        "Records",
        [
            ("People", "/people", "people", "E", "person.see", True),
            ("Companies", "/companies", "company", "O", "company.see", False),
            ("Events", "/events", "cal", "V", "lead.see", False),
        ],
    ),
    (
        "Manage",
        [
            ("Tracks", "/tracks", "track", "K", "organisation.see", False),
            ("Imports", "/imports", "import", "I", "person.create", False),
            ("Forms", "/forms", "form", "F", "organisation.edit", False),
        ],
    ),
]

# Entries with a count, by the name it is sent under.
COUNTED = {"/no-next-step": "lacking", "/tasks": "tasks", "/queues": "queues"}
# What else lies behind an entry.
ALSO = {"/pipeline": ("/opportunities",)}


def navigation(by: Actor, path: str) -> list[dict[str, Any]]:
    """The groups and entries for this actor; the one that `path` lies in is marked current."""
    groups = []
    for label, entries in GROUPS:
        shown = [_entry(entry, path) for entry in entries if _allowed(by, entry[4])]
        if shown:
            groups.append({"label": label, "entries": shown})
    return groups


def _allowed(by: Actor, may: str) -> bool:
    noun, _dot, action = may.partition(".")
    return may == "member" or access.can_any(by, action, noun)


def _entry(entry: Entry, path: str) -> dict[str, Any]:
    label, url, icon, key, _may, phone = entry
    home = url.partition("?")[0]
    current = any(path == each or (each != "/" and path.startswith(f"{each}/")) for each in (home, *ALSO.get(url, ())))
    counted = {"id": COUNTED[url]} if url in COUNTED else {}
    return {"label": label, "url": url, "icon": icon, "key": key, "phone": phone, "current": current, **counted}
