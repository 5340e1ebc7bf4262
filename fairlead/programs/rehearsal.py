"""A rehearsal: who would have got which lead by the draft of the lead rules, beside who gets it by the live ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.core import clock
from fairlead.core.record import chunks
from fairlead.models import Lead, Queue, RuleSet, Submission, Team, User
from fairlead.programs.rule_words import said
from fairlead.routing.deciding import Decision, decide
from fairlead.routing.engine import compiled
from fairlead.routing.gathering import Gathering
from fairlead.routing.staff import Staff

MOST = 500


@dataclass(frozen=True)
class Outcome:
    """Whom a lead goes to, by which rule, and what else is done with it."""

    whom: str
    rule: str
    then: list[str]


@dataclass(frozen=True)
class Line:
    lead: Lead
    now: Outcome
    then: Outcome
    differs: bool


@dataclass(frozen=True)
class Rehearsal:
    """Those that differ come first, each part in the order in which the leads were given."""

    differing: list[Line]
    same: list[Line]


def rehearse(draft: RuleSet, live: RuleSet, leads: Sequence[Lead]) -> Rehearsal:
    """Run both on these leads, as they arrived and with whoever is here today; nothing is changed."""
    rules, at = (compiled(live), compiled(draft)), clock.now()
    staffs = [Staff(at, real=False) for _each in rules]
    gathering, endpoints = Gathering(*rules), _endpoints(leads)
    many = [_values(each) for each in leads]
    gathering.read_ahead(many)
    words = _Words(live, draft)
    lines = []
    for lead, values in zip(leads, many, strict=True):
        facts = gathering.facts(values, lead.created_at, endpoint=endpoints.get(lead.pk))
        now, then = (decide(each, facts, staff) for each, staff in zip(rules, staffs, strict=True))
        lines.append(Line(lead, words.of(0, now), words.of(1, then), not _same(now, then)))
    return Rehearsal([each for each in lines if each.differs], [each for each in lines if not each.differs])


class _Words:
    """What outcomes are called."""

    def __init__(self, *found: RuleSet) -> None:
        self._rules = [said(each.rules) for each in found]
        self._users = dict(User.objects.values_list("pk", "name"))
        self._queues = dict(Queue.objects.values_list("pk", "name"))
        self._teams = dict(Team.objects.values_list("pk", "name"))

    def of(self, which: int, made: Decision) -> Outcome:
        rule = made.rule
        whom = self._queues.get(made.queue or 0) or self._users.get(made.owner or 0, "")
        if rule.kind in ("turns", "fewest") and rule.team:
            whom = self._teams.get(rule.team, whom)
        return Outcome(whom, self._rules[which][rule.place].title, self._rules[which][rule.place].then)


def _same(now: Decision, then: Decision) -> bool:
    """Does the lead go to the same ones? By turns it may be another of them; that is no difference."""
    if now.then != then.then:
        return False
    shared = ("turns", "fewest")
    if now.rule.kind in shared and then.rule.kind in shared and now.owner and then.owner:
        return (now.rule.team, now.rule.users) == (then.rule.team, then.rule.users)
    return (now.owner, now.queue) == (then.owner, then.queue)


def _endpoints(leads: Sequence[Lead]) -> dict[int, int]:
    """Where each of these leads arrived first."""
    found: dict[int, int] = {}
    for chunk in chunks([each.pk for each in leads]):
        rows = Submission.objects.filter(lead__in=chunk).order_by("-pk").values_list("lead_id", "endpoint_id")
        found |= dict(rows)
    return found


def _values(lead: Lead) -> Mapping[str, Any]:
    return lead.__dict__
