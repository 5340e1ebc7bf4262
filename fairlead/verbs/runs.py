"""Runs: long work asked for now and done in the background, under the rights of who asked for it."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fairlead.core import access, clock
from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.changes import create
from fairlead.core.errors import Invalid, NotAllowed, WrongState
from fairlead.core.outbox import declare, later
from fairlead.core.record import chunks, nouns, writing
from fairlead.core.verb import verb
from fairlead.models import Run, Team, Track, User
from fairlead.verbs.ownership import day_ahead

JOB = declare("run", tries=20, long=True)
MOST_OPEN = 10  # of one user
MOST_CHANGED = 10_000
SAME_FOR = timedelta(minutes=1)
ListNoun = Literal["person", "company", "lead", "opportunity", "task"]
ChangedNoun = Literal["person", "company", "lead", "opportunity"]
Check = Callable[[Actor, Mapping[str, Any]], None]
# Refuses, when it is asked for, what could not be done: by kind of run, put here by what carries it out.
CHECKS: dict[str, Check] = {}


@verb("{by} asked for an export of {what}", may="member", undo_within=None, opposite="cancel_run")
def export_list(
    by: Actor,
    *,
    noun: ListNoun,
    query: str = "",
    format: Literal["csv", "xlsx"] = "csv",
    columns: Literal["shown", "all"] = "all",
    separator: Literal["auto", "comma", "semicolon", "tab"] = "auto",
    mark: bool = True,
    as_page: bool = False,
    once: str = "",
) -> Run:
    """Write a list to a file, as a run: the rows that `query` asks for, as in the address of the list.

    `columns` all has every field with ids, so that an import can update by them. `separator` auto is the one of
    your locale; `mark` begins a CSV file with the mark by which spreadsheets know UTF-8. `as_page`: the query is one
    of a page's list, not of the API's. With the same `once` it is one run. The file is yours alone, for 7 days.
    """
    _may(by, "export", noun)
    current().step.labels["what"] = _plural(noun)
    asked = {"noun": noun, "query": query, "format": format, "columns": columns, "separator": separator}
    title = _("Export of %(what)s (%(format)s)") % {"what": _plural(noun), "format": format.upper()}
    return begin_run(by, "export", title, asked | {"mark": mark, "as_page": as_page}, once)


@verb("{by} asked for a change of {what}", may="member", undo_within=None, opposite="cancel_run")
def change_list(
    by: Actor,
    *,
    noun: ChangedNoun,
    ids: list[str],
    deed: Literal["assign", "tag", "park", "track", "archive"],
    owner: User | None = None,
    team: Team | None = None,
    tag: str = "",
    until: date | None = None,
    track: Track | None = None,
    despite: str = "",
    query: str = "",
    as_page: bool = False,
    once: str = "",
) -> Run:
    """Assign, tag, park or archive up to 10,000 records, or apply a track, as a run: one act with one undo.

    A track leaves out those whom it would contact too often, unless `despite` says in one line why they too.
    Without `owner` and `team`, assigning leaves them to nobody. With a `query`, those that no longer match it when
    the run begins are left alone, and counted in its result.
    """
    _may(by, "mass_update", noun)
    if deed == "tag" and not tag.strip():
        raise Invalid({"tag": [_("Write the tag first. Nothing was changed.")]})
    if deed == "park":
        _parkable(noun, until)
    if deed == "track" and (track is None or track.counts_from == Track.Counts.END):
        raise Invalid({"track": [_("Choose a track that counts from its start. Nothing was changed.")]})
    if len(ids) > MOST_CHANGED:
        raise Invalid({"ids": [_("These are more than 10,000. Nothing was changed. Narrow the list first.")]})
    chosen = _found(by, noun, ids)
    what = f"{len(chosen):,} {_plural(noun, len(chosen))}"
    current().step.labels["what"] = what
    asked: dict[str, Any] = {
        "noun": noun,
        "ids": chosen,
        "deed": deed,
        "tag": tag.strip(),
        "query": query,
        "as_page": as_page,
    }
    asked |= {"owner": owner and owner.pk, "team": team and team.pk}
    asked["until"] = until and until.isoformat()
    asked["track"] = track and track.pk
    asked["despite"] = despite.strip()[:200]
    titles = {"assign": _("Assigning %(what)s"), "tag": _("Tagging %(what)s"), "archive": _("Archiving %(what)s")}
    titles |= {"park": _("Parking %(what)s"), "track": _("Applying a track to %(what)s")}
    return begin_run(by, "change", titles[deed] % {"what": what}, asked, once)


@verb("{by} cancelled {run}", may="edit", undo_within=None)
def cancel_run(by: Actor, run: Run) -> Run:
    """Stop a run; nothing of it is kept, but what an import has brought in by then. One that has ended stays so."""
    if run.is_open and not run.cancel_asked:
        current().step.always = True
        ended = {"state": Run.State.CANCELLED, "ended_at": clock.now()} if run.state == Run.State.WAITING else {}
        with writing():
            Run.objects.filter(pk=run.pk).update(cancel_asked=True, **ended)
        run.refresh_from_db()
    return run


@verb("{by} exported {what}", may="run.finish", undo_within=None)
def note_export(by: Actor, run: Run, *, what: str, which: str = "") -> Run:
    """What a finished export leaves in the audit: how many rows, and which. Only Fairlead itself does this."""
    step = current().step
    step.always = True
    step.labels |= {"which": which, "format": str(run.payload.get("format", ""))}
    step.refs["run"] = ["run", run.public_id]
    return run


def _parkable(noun: str, until: date | None) -> None:
    if noun not in ("lead", "opportunity"):
        raise Invalid({"deed": [_("Only leads and opportunities are parked. Nothing was changed.")]})
    if until is None:
        raise Invalid({"until": [_("Say until which day. Nothing was changed.")]})
    day_ahead(until)


def _may(by: Actor, action: str, noun: str) -> None:
    if by.user_id is None:
        raise NotAllowed(_("Only a user can do this for themselves. Say which one acts."))
    if not access.can_any(by, action, noun):
        raise NotAllowed(_("Your role does not allow this. Nothing was changed. Ask an administrator."), may=action)


def _plural(noun: str, number: int = 2) -> str:
    meta = nouns()[noun]._meta
    return ngettext(str(meta.verbose_name), str(meta.verbose_name_plural), number)


def _found(by: Actor, noun: str, ids: list[str]) -> list[int]:
    """The records with these public ids that the actor may see and change in bulk, in the order of their ids."""
    seen: Any = nouns()[noun].objects.visible_to(by).reached_by(by, "mass_update")
    known = [each for each in ids if each.isascii() and each.isalnum()]
    found = {pk for chunk in chunks(known) for pk in seen.filter(public_id__in=chunk).values_list("pk", flat=True)}
    if not found:
        raise Invalid({"ids": [_("Nothing is selected, so nothing was changed. Go back and tick some rows.")]})
    return sorted(found)


def begin_run(by: Actor, kind: str, title: str, payload: dict[str, Any], once: str = "") -> Run:
    """Promise long work of this kind; called within a verb. With the same `once` it is one run."""
    mine = Run.objects.filter(by_user_id=by.user_id)
    if once and (same := _same(mine, once[:40])) is not None:
        return same
    if mine.filter(state__in=[Run.State.WAITING, Run.State.RUNNING]).count() >= MOST_OPEN:
        raise WrongState(_("You have 10 runs waiting or running. Let one end, or cancel one, then start this again."))
    if kind in CHECKS:
        CHECKS[kind](by, payload)
    who = {"by_user_id": by.user_id, "token_id": by.token_id, "door": by.door}
    run = create(Run, kind=kind, title=title, payload=payload, once=once[:40], **who)
    later(JOB.name, {"run": run.pk}, key=key_of(run))
    return run


def _same(mine: Any, once: str) -> Run | None:
    """What a second click asks for; a minute after its end it is asked for anew."""
    same: Run | None = mine.filter(once=once).first()
    if same is None or same.ended_at is None or clock.now() - same.ended_at < SAME_FOR:
        return same
    with writing():
        Run.objects.filter(pk=same.pk).update(once="")
    return None


def key_of(run: Run) -> str:
    """The key of its promise in the outbox."""
    return f"run:{run.public_id}"
