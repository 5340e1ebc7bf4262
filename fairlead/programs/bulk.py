"""Changing many records as a run: those chosen that still match, by one act with one undo."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fairlead.core import act
from fairlead.core.actor import Actor
from fairlead.core.errors import NotFound, WrongState
from fairlead.core.record import chunks, nouns
from fairlead.models import Team, Track, User
from fairlead.programs.questions import asked, asker_of
from fairlead.programs.runs import Ended, Running, works
from fairlead.verbs.bulk import archive_many, assign_many, park_many, tag_many
from fairlead.verbs.runs import CHECKS
from fairlead.verbs.track_bulk import apply_track_to_many

PIECE = 500


def check(by: Actor, facts: Mapping[str, Any]) -> None:
    if facts["query"]:
        asked(asker_of(by), facts)


CHECKS["change"] = check


@works("change")
def change(running: Running) -> Ended:
    """Look which of the chosen still match, then change these in one act, which ends the run too."""
    facts = running.run.payload
    running.at(0, len(facts["ids"]), now=True)
    records = _still_matching(running, facts)
    gone = len(facts["ids"]) - len(records)
    if not records:
        raise WrongState(_("None of these match any more. Nothing was changed."))
    running.at(0, len(records), "working", now=True)
    return running.finish(lambda: _changed(running, facts, records, gone))


def _still_matching(running: Running, facts: Mapping[str, Any]) -> list[Any]:
    """The chosen records that the actor may change and that still match what was asked when they were chosen."""
    by, model = running.by, nouns()[facts["noun"]]
    found: Any = model.objects.visible_to(by).reached_by(by, "mass_update")
    if facts["query"]:
        matching = asked(asker_of(by), facts).records.order_by().values("pk")
        found = found.filter(pk__in=matching)
    records: list[Any] = []
    for chunk in chunks(facts["ids"], PIECE):
        records += found.filter(pk__in=chunk).order_by("pk")
        running.at(0)
    return records


def _changed(running: Running, facts: Mapping[str, Any], records: list[Any], gone: int) -> Ended:
    act.forget()
    differed = len(_act(running.by, facts, records))
    deed = act.last()
    same = len(records) - differed
    words = [_said(facts, records), *(_left(same) if facts["deed"] == "track" else _told(same, 0)), *_told(0, gone)]
    changed = deed is not None and deed.changed
    told = {"text": " ".join(words), "done": len(records), "rows": differed}
    return told | {"act": deed.id if deed and changed else None, "once": ""}  # asked for again, it is done again


def _act(by: Actor, facts: Mapping[str, Any], records: list[Any]) -> list[Any]:
    if facts["deed"] == "assign":
        owner, team = _known(User, facts["owner"]), _known(Team, facts["team"])
        return list(assign_many(by, records, owner=owner, team=team))
    if facts["deed"] == "tag":
        return list(tag_many(by, records, tag=facts["tag"]))
    if facts["deed"] == "park":
        return list(park_many(by, records, until=date.fromisoformat(facts["until"])))
    if facts["deed"] == "track":
        return list(apply_track_to_many(by, records, track=_known(Track, facts["track"]), despite=facts["despite"]))
    return list(archive_many(by, records))


def _known(model: Any, pk: int | None) -> Any:
    if pk is None:
        return None
    found = model.objects.filter(pk=pk).first()
    if found is None or not getattr(found, "is_active", True):
        raise NotFound(_("Whom they were for is not here any more. Nothing was changed."))
    return found


def _said(facts: Mapping[str, Any], records: list[Any]) -> str:
    meta = records[0]._meta
    many = f"{len(records):,} {ngettext(str(meta.verbose_name), str(meta.verbose_name_plural), len(records))}"
    if facts["deed"] == "assign":
        whom = _known(User, facts["owner"]) or _known(Team, facts["team"]) or _("nobody")
        return _("%(many)s given to %(owner)s.") % {"many": many, "owner": whom}
    if facts["deed"] == "tag":
        return _("%(many)s tagged %(tag)s.") % {"many": many, "tag": facts["tag"]}
    if facts["deed"] == "park":
        return _("%(many)s parked until %(until)s.") % {"many": many, "until": facts["until"]}
    if facts["deed"] == "track":
        return _("%(track)s applied to %(many)s.") % {"many": many, "track": _known(Track, facts["track"])}
    return _("%(many)s archived.") % {"many": many}


def _left(number: int) -> list[str]:
    """Of these, those to which a track was not applied."""
    words = ngettext("1 was left alone: it", "%(n)s were left alone: it", number) % {"n": f"{number:,}"}
    text = _("%(many)s runs there already, or they are not to be contacted, or not so often.")
    return [text % {"many": words}] if number else []


def _told(same: int, gone: int) -> list[str]:
    found = []
    if same:
        words = ngettext("1 was so already.", "%(n)s were so already.", same)
        found.append(words % {"n": f"{same:,}"})
    if gone:
        words = ngettext("1 no longer matches and was left alone.", "%(n)s no longer match and were left alone.", gone)
        found.append(words % {"n": f"{gone:,}"})
    return found
