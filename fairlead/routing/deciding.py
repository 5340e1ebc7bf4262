"""From rules and facts to exactly one target: a rule whose target cannot take a lead leaves it to the next one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.routing import staff as why
from fairlead.routing.engine import Compiled, Rules
from fairlead.routing.facts import Facts
from fairlead.routing.staff import Staff

OFF, LAST_RESORT, STANDS_IN = "off", "last_resort", "stands_in"


@dataclass
class Decision:
    """`passed` says of each rule before `rule` the place of the condition that failed, or why it could not give."""

    rule: Compiled
    passed: list[int | str | None]
    owner: int | None = None
    queue: int | None = None
    team: int | None = None
    note: str = ""
    then: Mapping[str, Any] = field(default_factory=dict)


def decide(rules: Rules, facts: Facts, staff: Staff) -> Decision:
    """Who gets a lead with these facts; always somebody, or an open queue."""
    passed: list[int | str | None] = []
    for rule in rules.each:
        failing = rule.failing(facts) if not rule.off else -1
        if rule.off or failing >= 0:
            passed.append(None if rule.off else failing)
            continue
        last = rule is rules.each[-1]
        made = _given(rule, facts, staff, last) or (_resort(rule, staff) if last else None)
        if made is not None:
            made.passed, made.then = passed, rule.then
            return made
        passed.append(_reason(rule, facts, staff))
    raise AssertionError("The last rule gives every lead to somebody.")


def matched(rules: Rules, facts: Facts) -> tuple[Compiled, list[int | str | None]]:
    """The first rule whose conditions hold, whoever may take it: for a lead whose owner was chosen."""
    passed: list[int | str | None] = []
    for rule in rules.each:
        failing = rule.failing(facts) if not rule.off else -1
        if not rule.off and failing < 0:
            return rule, passed
        passed.append(None if rule.off else failing)
    raise AssertionError("The last rule has no conditions.")


def _given(rule: Compiled, facts: Facts, staff: Staff, last: bool) -> Decision | None:
    """The rule's target, if it can take the lead. The last rule gives to who is away as well."""
    if rule.kind == "adder" and facts.adder is not None:
        return Decision(rule, [], owner=facts.adder, team=facts.adder_team)
    if rule.kind in ("queue", "adder"):
        return _queued(rule, staff)
    if rule.kind in ("turns", "fewest"):
        return _shared(rule, staff, last)
    meant = facts.account if rule.kind == "account" else rule.user
    found, reason = staff.who_for(meant) if meant else (None, why.NO_ACCOUNT)
    if found is None and last and reason == why.AWAY:
        found = meant
    return _owned(rule, found, staff, STANDS_IN if found and found != meant else "")


def _shared(rule: Compiled, staff: Staff, last: bool) -> Decision | None:
    among = staff.team(rule.team) if rule.team else [pk for pk in rule.users if pk in staff.people]
    here = [pk for pk in among if staff.people[pk].is_here]
    if not here and last:
        here = [pk for pk in among if staff.people[pk].active]
    if not here:
        return None
    chosen = staff.fewest_of(rule.key, here) if rule.kind == "fewest" else staff.next_of(rule.key, among, here)
    made = _owned(rule, chosen, staff)
    if made and rule.team:
        made.team = rule.team
    return made


def _owned(rule: Compiled, user: int | None, staff: Staff, note: str = "") -> Decision | None:
    if user is None:
        return None
    return Decision(rule, [], owner=user, team=next(iter(staff.people[user].teams), None), note=note)


def _queued(rule: Compiled, staff: Staff) -> Decision | None:
    _name, is_open, team = staff.queues.get(rule.queue or 0, ("", False, None))
    return Decision(rule, [], queue=rule.queue, team=team) if is_open else None


def _resort(rule: Compiled, staff: Staff) -> Decision:
    """Whoever the last rule means is gone: it goes to who runs the house."""
    return _owned(rule, staff.last_resort(), staff, LAST_RESORT) or Decision(rule, [], note=LAST_RESORT)


def _reason(rule: Compiled, facts: Facts, staff: Staff) -> str:
    """Why this rule, which matched, could give the lead to nobody: a code, and who or what it meant."""
    if rule.kind in ("queue", "adder"):
        return f"{why.CLOSED}:{staff.queues.get(rule.queue or 0, ('',))[0]}"
    if rule.kind in ("turns", "fewest"):
        return why.NOBODY
    meant = facts.account if rule.kind == "account" else rule.user
    if not meant:
        return why.NO_ACCOUNT if rule.kind == "account" else why.LEFT
    return f"{staff.who_for(meant)[1]}:{staff.people[meant].name if meant in staff.people else ''}"
