"""Tracks as templates: made, edited (which makes a version once they were applied), copied, put away, triggered."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import time
from typing import Any, Literal, Unpack

from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create, delete, insert
from fairlead.core.clash import check_version
from fairlead.core.errors import Invalid
from fairlead.core.record import new_public_id
from fairlead.core.verb import verb
from fairlead.models import (
    Form,
    MailTemplate,
    RunningTrack,
    Source,
    Stage,
    Track,
    TrackStep,
    TrackTrigger,
    TrackVersion,
    User,
)
from fairlead.models.track_dates import MOST_DAYS
from fairlead.verbs.naming import free_name
from fairlead.verbs.tags import tag_named
from fairlead.verbs.tasks import TaskKind

MOST_STEPS = 60
Applied = Literal["lead", "opportunity", "person", "company"]


class OutcomeFacts(TypedDict, total=False):
    """What can come of a step; `next` is the id of the track that it proposes."""

    name: str
    next: str


class StepFacts(TypedDict, total=False):
    """A step. With the `key` of one that is there it stays the same step; `user` is the colleague's id.

    `template` is the id of the mail template that a mail is drafted by; it opens filled in, and nothing sends it.
    """

    key: str
    text: str
    kind: TaskKind
    days: int
    unit: Literal["days", "weekdays", "weeks"]
    after: Literal["start", "previous"]
    rule: Literal["owner", "user", "role", "previous", "ask"]
    user: str | None
    role: str
    time: time | None
    template: str | None
    outcomes: list[OutcomeFacts]


class TrackFacts(TypedDict, total=False):
    about: str
    applies_to: list[Applied]
    counts_from: Literal["start", "end"]
    tags: list[str]
    steps: list[StepFacts]


@verb("{by} added the track {it}", may="organisation.create")
def create_track(by: Actor, *, name: str, **facts: Unpack[TrackFacts]) -> Track:
    """Add a track. Steps are counted in days, weekdays or weeks, from its start or after the step before them."""
    values = _values({"applies_to": ["lead", "opportunity"], **facts})
    made = create(Track, name=free_name(name, Track.objects.live()), **values)
    version = create(TrackVersion, track=made, number=1)
    insert(steps_of(made, version, facts.get("steps", [])))
    return made


@verb("{by} changed the track {track}", may="edit")
def edit_track(
    by: Actor, track: Track, *, name: str | None = None, version: int | None = None, **facts: Unpack[TrackFacts]
) -> Track:
    """Change a track; `steps` are all of its steps in their order.

    Where it runs it keeps the steps with which it was applied: these become a new version, which the next
    application has. With `version`, what somebody else changed since is a conflict.
    """
    values = _values(dict(facts))
    if name is not None:
        values["name"] = free_name(name, Track.objects.live(), track)
    edition = {"edition": track.edition + 1} if "steps" in facts else {}
    check_version(track, version, values | edition)
    if "steps" in facts and _put(track, facts["steps"]):
        values |= edition
    change(track, **values)
    return track


@verb("{by} copied the track {track}", may="organisation.create")
def copy_track(by: Actor, track: Track, *, name: str = "") -> Track:
    """Add another track with the same steps; what starts the first one by itself does not start its copy."""
    steps: Any = [each.facts for each in track.newest.steps.all()]
    tags = [each.name for each in track.tags.all()]
    named = name.strip() or _unused(_("%(name)s, copy") % {"name": track.name})
    facts: Any = {"about": track.about, "applies_to": track.applies_to, "counts_from": track.counts_from}
    return create_track(by, name=named, steps=steps, tags=tags, **facts)


@verb("{by} archived the track {track}", may="edit")
def archive_track(by: Actor, track: Track) -> Track:
    """Put a track away: nobody applies it any more, nothing starts it. Where it runs it goes on."""
    if track.archived_at is None:
        change(track, archived_at=clock.now())
    return track


@verb("{by} brought the track {track} back", may="edit")
def unarchive_track(by: Actor, track: Track) -> Track:
    """Bring an archived track back."""
    if track.archived_at is not None:
        free_name(track.name, Track.objects.live(), track)
        change(track, archived_at=None)
    return track


@verb("{by} let {it} start {track}", may="edit")
def add_track_trigger(
    by: Actor,
    track: Track,
    *,
    source: Source | None = None,
    stage: Stage | None = None,
    form: Form | None = None,
    quote_sent: bool = False,
) -> TrackTrigger:
    """Start a track by itself, once per record: for leads of a source or form, opportunities that enter a stage,
    or those for which a quote is sent.
    """
    asked = {"source": source, "stage": stage, "form": form, "quote_sent": quote_sent or None}
    given: dict[str, Any] = {name: each for name, each in asked.items() if each is not None}
    if len(given) != 1:
        raise Invalid({"source": [_("Choose one: a source, a stage, a form or a quote.")]})
    noun = "opportunity" if stage or quote_sent else "lead"
    if noun not in track.applies_to:
        words = {"track": track, "what": _("opportunities") if noun == "opportunity" else _("leads")}
        raise Invalid({next(iter(given)): [_("%(track)s is not for %(what)s. Let it apply to them first.") % words]})
    held = TrackTrigger.objects.filter(track=track, **given).first()
    if held is not None:
        change(held, archived_at=None)
        return held
    return create(TrackTrigger, track=track, **given)


@verb("{by} let {track_trigger} no longer start {track}", may="edit")
def remove_track_trigger(by: Actor, track_trigger: TrackTrigger) -> Track:
    """End that something starts a track by itself; what it has started goes on."""
    if track_trigger.archived_at is None:
        change(track_trigger, archived_at=clock.now())
    return track_trigger.track


def _put(track: Track, facts: Sequence[StepFacts]) -> bool:
    """Make these the steps: in place while nothing runs by them, else as a new version. Did anything differ?"""
    newest = track.newest
    held = list(newest.steps.all())
    made = steps_of(track, newest, facts)
    if [each.facts for each in made] == [each.facts for each in held]:
        return False
    if RunningTrack.objects.filter(version_of=newest).exists():
        newest = create(TrackVersion, track=track, number=newest.number + 1)
        for each in made:
            each.version_of = newest
    else:
        delete(held)
    insert(made)
    return True


def steps_of(track: Track, version: TrackVersion, facts: Sequence[StepFacts]) -> list[TrackStep]:
    """The steps as rows that are not written yet; raises Invalid, naming the step, for what cannot be."""
    if len(facts) > MOST_STEPS:
        raise Invalid({"steps": [_("A track has at most %(most)s steps.") % {"most": MOST_STEPS}]})
    keys: set[str] = set()
    made = []
    for at, each in enumerate(facts):
        key = (each.get("key") or "")[:12]
        key = key if key and key not in keys else new_public_id()
        keys.add(key)
        made.append(TrackStep(version_of=version, key=key, position=at, **_step(at + 1, each)))
    _no_circle(track, {each["next"] for step in made for each in step.outcomes if each["next"]})
    return made


def _step(number: int, facts: StepFacts) -> dict[str, Any]:
    text = " ".join(facts.get("text", "").split())
    if not text:
        raise _wrong(number, _("Write what is to be done."))
    if len(text) > 300:
        raise _wrong(number, _("Write at most 300 characters."))
    days = facts.get("days", 0)
    most = MOST_DAYS // 7 if facts.get("unit") == "weeks" else MOST_DAYS
    if not 0 <= days <= most:
        raise _wrong(number, _("Count from 0 to %(most)s.") % {"most": f"{most:,}"})
    return {
        "text": text,
        "kind": facts.get("kind", "todo"),
        "days": days,
        "unit": facts.get("unit", "days"),
        "after": facts.get("after", "start"),
        "time": facts.get("time"),
        "template": _template(number, facts),
        "outcomes": _outcomes(number, facts.get("outcomes") or []),
        **_doer(number, facts),
    }


def _doer(number: int, facts: StepFacts) -> dict[str, Any]:
    rule, user, role = facts.get("rule", "owner"), None, ""
    if rule == "user":
        user = User.objects.filter(public_id=facts.get("user") or "-").first()
        if user is None:
            raise _wrong(number, _("Say which colleague does it."))
    if rule == "role":
        role = " ".join(facts.get("role", "").split())[:60]
        if not role:
            raise _wrong(number, _("Say which role does it, such as Technical."))
    return {"rule": rule, "user": user, "role": role}


def _template(number: int, facts: StepFacts) -> MailTemplate | None:
    """One that was archived since stays named: who comes to the step is told."""
    wanted = facts.get("template")
    found = MailTemplate.objects.filter(public_id=wanted).first() if wanted else None
    if wanted and found is None:
        raise _wrong(number, _("There is no such mail template."))
    return found


def _outcomes(number: int, facts: Iterable[OutcomeFacts]) -> list[dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for each in facts:
        name = " ".join(each.get("name", "").split())[:120]
        if name:
            found[name.casefold()] = {"name": name, "next": each.get("next") or ""}
    wanted = {each["next"] for each in found.values() if each["next"]}
    known = set(Track.objects.filter(public_id__in=wanted).values_list("public_id", flat=True))
    if wanted - known:
        raise _wrong(number, _("There is no such track to go on with."))
    return list(found.values())


def _wrong(number: int, text: str) -> Invalid:
    return Invalid({"steps": [_("Step %(number)s: %(text)s") % {"number": number, "text": text}]})


def _no_circle(track: Track, nexts: Iterable[str]) -> None:
    """Refuse a track that leads back to itself through those that it proposes."""
    ways, names = _ways(track)
    paths = [[public_id] for public_id in sorted(nexts)]
    seen: set[str] = set()
    while paths:
        path = paths.pop()
        if path[-1] == track.public_id:
            round_trip = " → ".join([track.name, *(names.get(each, "?") for each in path[:-1]), track.name])
            text = _("This goes in a circle: %(path)s. Nobody would ever be done. Let one of them end.")
            raise Invalid({"steps": [text % {"path": round_trip}]})
        if path[-1] not in seen:
            seen.add(path[-1])
            paths += [[*path, each] for each in sorted(ways.get(path[-1], ()))]


def _ways(track: Track) -> tuple[Mapping[str, set[str]], Mapping[str, str]]:
    """Which tracks every other one proposes by its newest version, and their names."""
    newest: dict[int, int] = {}
    for pk, of in TrackVersion.objects.order_by("number").values_list("pk", "track_id"):
        newest[of] = pk
    ways: dict[str, set[str]] = defaultdict(set)
    steps = TrackStep.objects.filter(version_of__in=newest.values()).exclude(version_of__track=track)
    for public_id, outcomes in steps.values_list("version_of__track__public_id", "outcomes"):
        ways[public_id] |= {each["next"] for each in outcomes if each["next"]}
    return ways, dict(Track.objects.values_list("public_id", "name"))


def _values(facts: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: each for name, each in facts.items() if name != "steps"}
    if "applies_to" in values:
        values["applies_to"] = list(dict.fromkeys(values["applies_to"]))
        if not values["applies_to"]:
            raise Invalid({"applies_to": [_("Say what it applies to.")]})
    if "tags" in values:
        values["tags"] = sorted({tag_named(name).pk for name in values["tags"] if name.strip()})
    return values


def _unused(name: str) -> str:
    taken = set(Track.objects.live().filter(name__startswith=name[:100]).values_list("name", flat=True))
    tries = (name[:110] if number == 1 else f"{name[:100]} {number}" for number in range(1, 1000))
    return next(each for each in tries if each not in taken)
