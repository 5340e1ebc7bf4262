"""Leads go to somebody by the lead rules; so they do wherever they come from, unless a person chose the owner."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from fairlead.core.act import Step, current
from fairlead.core.actor import Actor, system
from fairlead.core.changes import change, create, create_many
from fairlead.core.errors import Refused, WrongState
from fairlead.core.verb import verb
from fairlead.models import Lead, MailTemplate, Queue, Routing, RuleSet, RunningTrack, Submission, Track, User
from fairlead.models.track_plan import Known
from fairlead.models.worktime import WorkTime
from fairlead.routing.deciding import Decision, decide, matched
from fairlead.routing.engine import Compiled, Rules, compiled
from fairlead.routing.facts import Facts
from fairlead.routing.gathering import Gathering
from fairlead.routing.rules import REST
from fairlead.routing.staff import Staff
from fairlead.verbs.ownership import owned_by
from fairlead.verbs.responses import respond_automatically
from fairlead.verbs.tags import tag_named
from fairlead.verbs.track_bulk import apply_track_to_many
from fairlead.verbs.track_steps import owner_changed
from fairlead.verbs.tracks import asked_of, checked, start

# What a rule sets of the response clock.
CLOCK = frozenset({"respond_by", "respond_from", "clock_of", "overdue_then", "overdue_to_id"})


@verb("{by} gave {lead} to {whom}", may="assign")
def route_lead(by: Actor, lead: Lead) -> Lead:
    """Give an open lead to whom the lead rules give it now, and do what else they say. Its clock is not reset."""
    if not lead.is_open:
        raise WrongState(_("%(lead)s is closed. Open it again first.") % {"lead": lead})
    router = Router(current().at)
    arrived = Submission.objects.filter(lead=lead).order_by("pk").values_list("endpoint_id", flat=True).first()
    values = {field.attname: getattr(lead, field.attname) for field in lead._meta.concrete_fields}
    placed = router.place(values, endpoint=arrived)
    if placed is None:
        raise WrongState(_("There are no lead rules yet. Make them under Settings, Lead rules."))
    tags = sorted({*lead.tags.values_list("pk", flat=True), *placed.tags})
    given = placed.values | {"tags": tags}
    if lead.respond_by is not None:
        given = {name: value for name, value in given.items() if name not in CLOCK}
    whom = current().step.labels["whom"] = placed.whom
    with by_rule(placed.rule, lead, whom):
        change(lead, **given)
        owner_changed([lead])
        create(Routing, **placed.trace(lead.pk))
    router.done()
    return lead


@verb("{by} put {lead} into the queue {queue}", may="edit")
def queue_lead(by: Actor, lead: Lead, *, queue: Queue | None = None) -> Lead:
    """Let an open lead wait in a queue for whoever claims it; without one, in that which it came from."""
    to = queue or lead.queue
    if to is None or to.archived_at is not None:
        raise WrongState(_("Say which queue. %(lead)s came from none that is open.") % {"lead": lead})
    if not lead.is_open:
        raise WrongState(_("%(lead)s is closed. Open it again first.") % {"lead": lead})
    current().step.labels["queue"] = str(to)
    change(lead, owner=None, queue=to, team=to.teams.order_by("pk").first())
    owner_changed([lead])
    return lead


@dataclass
class Placed:
    """Where a lead goes by the rules, and what it gets besides. `chosen`: a person named the owner."""

    rules: Rules
    decision: Decision
    facts: Facts
    tags: list[int]
    at: datetime
    respond_by: datetime | None = None
    chosen: bool = False

    @property
    def rule(self) -> Compiled:
        return self.decision.rule

    @property
    def values(self) -> dict[str, Any]:
        """The columns that the rule sets."""
        then = self.decision.then
        found: dict[str, Any] = {name: then[name] for name in ("lead_type", "rating") if name in then}
        if self.respond_by is not None:
            found |= self._clock
        if not self.chosen:
            made = self.decision
            found |= {"owner_id": made.owner, "team_id": made.team, "queue_id": made.queue}
        return found

    @property
    def _clock(self) -> dict[str, Any]:
        made = self.decision
        found = {"respond_by": self.respond_by, "respond_from": self.at, "clock_of": clock_of(made.owner, made.queue)}
        return found | {"overdue_then": made.then.get("overdue_then", ""), "overdue_to_id": made.rule.overdue_to}

    @property
    def is_told(self) -> bool:
        """Does a line of its own say that a rule gave it? Not when somebody just keeps what they add."""
        return not self.chosen and not (self.rule.kind == "adder" and self.decision.owner)

    @property
    def whom(self) -> str:
        """Who or what has it now."""
        made = self.decision
        model: Any = Queue if made.queue else User
        found = model.objects.filter(pk=made.queue or made.owner or 0).first()
        return str(found or _("nobody"))

    def trace(self, lead: int) -> dict[str, Any]:
        """What is kept of it."""
        made = self.decision
        return {
            "lead_id": lead,
            "rules_id": self.rules.pk,
            "rule": made.rule.key,
            "passed": made.passed,
            "facts": self.facts.kept(),
            "note": made.note,
            "owner_id": made.owner,
            "queue_id": made.queue,
            "chosen": self.chosen,
        }


class Router:
    """The live rules at one moment, for one lead or many."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        live = RuleSet.live_one()
        self.rules = compiled(live) if live is not None else None
        self.staff = Staff(at)
        self._tags: dict[str, int] = {}
        self._deadlines: dict[tuple[int | None, int | None, int], datetime | None] = {}

    def place(
        self,
        values: Mapping[str, Any],
        *,
        endpoint: int | None = None,
        adder: Actor | None = None,
        owner: int | None = None,
    ) -> Placed | None:
        """Where a lead with these values goes; None while there are no rules. `owner` was chosen by a person."""
        if self.rules is None:
            return None
        owned = owned_by(adder) if adder else {}
        more = {"endpoint": endpoint, "adder": owned.get("owner_id"), "adder_team": owned.get("team_id")}
        facts = self._gathering.facts(values, self.at, **more)
        made = self._chosen(facts, owner) if owner is not None else decide(self.rules, facts, self.staff)
        tags = [self._tag(name) for name in made.then.get("tags", ())]
        return Placed(self.rules, made, facts, tags, self.at, self._deadline(made), owner is not None)

    def done(self) -> None:
        """Keep whose turn it was."""
        self.staff.keep_turns()

    def _tag(self, name: str) -> int:
        if name not in self._tags:
            self._tags[name] = tag_named(name).pk
        return self._tags[name]

    def _chosen(self, facts: Facts, owner: int) -> Decision:
        assert self.rules is not None
        rule, passed = matched(self.rules, facts)
        return Decision(rule, passed, owner=owner, then=rule.then)

    def _deadline(self, made: Decision) -> datetime | None:
        minutes = made.then.get("minutes")
        if minutes is None:
            return None
        key = (made.owner, made.queue, minutes)
        if key not in self._deadlines:
            try:
                self._deadlines[key] = self._hours_of(made).add(self.at, minutes)
            except WrongState:  # nobody ever works there
                self._deadlines[key] = None
        return self._deadlines[key]

    def _hours_of(self, made: Decision) -> WorkTime:
        kind, _colon, pk = clock_of(made.owner, made.queue).partition(":")
        return self._gathering.calendar(kind, int(pk))

    @cached_property
    def _gathering(self) -> Gathering:
        assert self.rules is not None
        return Gathering(self.rules)


def clock_of(owner: int | None, queue: int | None) -> str:
    """In whose working time a clock runs that a rule sets, as `models.response_clock.holder` writes it."""
    return f"owner:{owner}" if owner else f"queue:{queue or 0}"


def keep(lead: Lead, placed: Placed | None) -> None:
    """Keep the trace of a new lead, and tell on its timeline which rule gave it to whom."""
    if placed is None:
        return
    if not placed.is_told:
        create(Routing, **placed.trace(lead.pk))
        return
    with by_rule(placed.rule, lead, placed.whom):
        create(Routing, **placed.trace(lead.pk))


def keep_many(leads: Sequence[Lead], placed: Sequence[Placed | None]) -> None:
    create_many(Routing, [each.trace(lead.pk) for lead, each in zip(leads, placed, strict=True) if each])


def carry_out(lead: Lead, placed: Placed | None, *, arrived: bool) -> None:
    """What a rule does besides: a track is applied; an inquiry that arrived is answered by a template."""
    if placed is None:
        return
    rule, actor = placed.rule, _actor(placed.rule)
    template = MailTemplate.objects.live().filter(pk=rule.template or 0).first() if arrived else None
    if template is not None:
        respond_automatically(actor, lead, template=template)
    apply_tracks([lead], [placed])


def apply_tracks(leads: Sequence[Lead], placed: Sequence[Placed | None]) -> None:
    """Apply the tracks of rules to the leads that they gave, as far as nothing stands against it."""
    wanted: dict[int, list[Lead]] = defaultdict(list)
    rules: dict[int, Compiled] = {}
    for lead, each in zip(leads, placed, strict=True):
        if each is not None and each.rule.track:
            wanted[each.rule.track].append(lead)
            rules[each.rule.track] = each.rule
    for track in Track.objects.live().filter(pk__in=wanted):
        actor, those, made = _actor(rules[track.pk]), wanted[track.pk], list[RunningTrack]()
        with suppress(Refused):
            made = apply_track_to_many(actor, list(those), track=track)
        begun = {each.lead_id for each in made}
        for lead in those:
            if lead.pk not in begun and (lead.person_id or lead.company_id):
                _hold_back(actor, lead, track)


def _hold_back(actor: Actor, lead: Lead, track: Track) -> None:
    """What would be too much contact stands still on the lead, and says so; where it cannot be at all, it is not."""
    known = Known()
    with suppress(Refused):
        version = checked(lead, track)
        start(actor, lead, version, asked_of(actor, version, None, None, [], {}, {}, known=known), known, ask=False)


@contextmanager
def by_rule(rule: Compiled, lead: Lead, whom: str) -> Iterator[None]:
    """What changes within is the rule's deed."""
    act = current()
    actor = _actor(rule)
    labels, refs = {"lead": lead.label, "whom": whom}, {"lead": [lead.noun(), lead.public_id]}
    act.steps.append(
        Step("route_lead", actor, act.stack[-1] if act.stack else None, labels=labels, refs=refs, about=[lead])
    )
    act.stack.append(len(act.steps) - 1)
    try:
        yield
    finally:
        act.stack.pop()


def _actor(rule: Compiled) -> Actor:
    return system("rule", door=current().by.door, label=_label(rule))


def _label(rule: Compiled) -> str:
    if rule.key == REST:
        return _("The last lead rule")
    number = {"number": rule.place + 1, "name": rule.name}
    return (_("Lead rule %(number)s, “%(name)s”,") if rule.name else _("Lead rule %(number)s")) % number
