"""Whose the records of a file become: who its rows name, by name or mail address, and what is done about the others."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from django.utils.translation import gettext as _

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.record import chunks
from fairlead.models import User
from fairlead.verbs.import_parts import Work, is_stranger
from fairlead.verbs.import_rows import Ready

# Of an owner whom nobody knows here, the row is left to who imports it, to nobody, or refused.
UnknownOwner = Literal["mine", "nobody", "refuse"]


def known_owners(by: Actor, noun: str) -> dict[str, dict[str, Any]]:
    """Whom this actor may give records to, by mail address and by names that only one has, in small letters."""
    users = list(User.objects.active().prefetch_related("teams"))
    if noun != "task" and not access.can_any(by, "assign", noun):
        users = [each for each in users if each.pk == by.user_id]
    called, found = Counter(each.name.lower() for each in users), dict[str, dict[str, Any]]()
    for user in users:
        owned = {"owner_id": user.pk, "team_id": min((team.pk for team in user.teams.all()), default=None)}
        found |= {user.email.lower(): owned} | ({user.name.lower(): owned} if called[user.name.lower()] == 1 else {})
    return found


def with_owners(work: Work, rows: Sequence[Ready]) -> list[Ready]:
    """The rows, those of them refused whose owner nobody is, where that was asked."""
    if any(row.row.get("owner", "").strip() for row in rows):
        work.owners = known_owners(work.by, work.noun)
    if not refuses(work.unknown_owner, work.noun):
        return list(rows)
    return [row._replace(refusal=row.refusal or why) if (why := _refusal(work, row)) else row for row in rows]


def refuses(unknown_owner: str, noun: str) -> bool:
    """A task has somebody who does it."""
    return unknown_owner == "refuse" or (unknown_owner == "nobody" and noun == "task")


def nobody(by: Actor, noun: str, called: str) -> str:
    """Why a row is not given to whom it names."""
    if noun != "task" and not access.can_any(by, "assign", noun):
        return _("You may not give records to “%(name)s”.") % {"name": called[:60]}
    return _("Nobody here is called “%(name)s”.") % {"name": called[:60]}


def held_back(work: Work, pairs: Sequence[tuple[Ready, Any]]) -> set[int]:
    """Of records that are there, those that this actor may not give to whom the row names."""
    given = [record.pk for row, record in pairs if _is_given(work, row, record)]
    reach = access.reach(work.by, "assign", work.model) if given else None
    held: set[int] = set()
    for chunk in chunks(given) if reach else ():
        held |= {*chunk} - {*work.model._base_manager.filter(reach, pk__in=chunk).values_list("pk", flat=True)}
    return held


def _refusal(work: Work, row: Ready) -> str:
    return nobody(work.by, work.noun, row.row["owner"].strip()) if is_stranger(work, row.row) else ""


def _is_given(work: Work, row: Ready, record: Any) -> bool:
    owned = work.owners.get(row.row.get("owner", "").strip().lower())
    return owned is not None and work.noun != "task" and owned["owner_id"] != record.owner_id
