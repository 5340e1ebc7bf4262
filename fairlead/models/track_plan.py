"""What applying a track to a record would give: every step with its day and whom it falls to, and why."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from fairlead.core.record import chunks
from fairlead.models.developing import TeamMember
from fairlead.models.track import TrackStep, TrackVersion
from fairlead.models.track_dates import Place, counted, not_past, settled
from fairlead.models.user import User
from fairlead.models.worktime import WorkTime, calendars_of

Rule = TrackStep.Rule


@dataclass
class Known:
    """Users and their working time, each read once."""

    users: dict[int, User] = field(default_factory=dict)
    calendars: dict[int, WorkTime] = field(default_factory=dict)

    def user(self, pk: int) -> User:
        if pk not in self.users:
            self.users[pk] = User.objects.get(pk=pk)
        return self.users[pk]

    def found(self, pk: int | None) -> User | None:
        """This user, if there is one."""
        self.read({pk})
        return self.users.get(pk or 0)

    def read(self, ids: Collection[int | None]) -> None:
        """Read those that are not known yet, in one statement."""
        if missing := set(ids) - self.users.keys() - {None}:
            self.users |= User.objects.in_bulk(missing)

    def of(self, user: int) -> WorkTime:
        if user not in self.calendars:
            fresh = [self.user(user), *(each for pk, each in self.users.items() if pk not in self.calendars)]
            self.calendars |= calendars_of(fresh)
        return self.calendars[user]

    def works_here(self, user: int) -> bool:
        return self.user(user).is_active


@dataclass(frozen=True)
class Asked:
    """What is asked of a plan: from when, with what was chosen for single steps by their keys.

    `start` is the end for a track that counts back from it; such a one `began` on another day.
    """

    start: date
    today: date
    left_out: Collection[str] = ()
    dates: Mapping[str, date] = field(default_factory=dict)
    assignees: Mapping[str, User] = field(default_factory=dict)
    began: date | None = None


@dataclass(frozen=True)
class Planned:
    """A step as it would be. Without a day it waits for the step before, `follows` by its key.

    `passed`: the day it would have had in the past. `moved_from`: a day on which its assignee is away. `stands_in`:
    who is away and has this assignee as stand-in. `holiday`: why nobody works on its day, "" on a working day.
    `replaced`: the rule found nobody, so it is for the owner. `asks`: somebody must say who.
    """

    step: TrackStep
    assignee: User | None
    due_on: date | None
    follows: str = ""
    passed: date | None = None
    moved_from: date | None = None
    stands_in: User | None = None
    holiday: str = ""
    replaced: bool = False
    asks: bool = False
    left_out: bool = False


@dataclass(frozen=True)
class Whose:
    """Whom the steps of one record can fall to: its owner (or who takes the owner's part), and its roles."""

    owner: User | None
    roles: Mapping[str, User] = field(default_factory=dict)

    def __call__(self, step: TrackStep, before: User | None, chosen: Mapping[str, User]) -> tuple[User | None, bool]:
        """Who does a step, and whether its rule found nobody."""
        if step.key in chosen:
            return chosen[step.key], False
        found: User | None = None
        if step.rule == Rule.USER:
            found = step.user
        elif step.rule == Rule.ROLE:
            found = self.roles.get(step.role.strip().casefold())
        elif step.rule == Rule.PREVIOUS:
            found = before or self.owner
        if found is not None and found.is_active:
            return found, False
        return self.owner, step.rule in {Rule.USER, Rule.ROLE}


def plan(version: TrackVersion, steps: Sequence[TrackStep], whose: Whose, asked: Asked, known: Known) -> list[Planned]:
    """The steps of a version as they would be on one record; those left out too, marked so."""
    found: list[Planned] = []
    before: Planned | None = None
    for step in steps:
        if step.key in asked.left_out:
            found.append(Planned(step, None, None, left_out=True))
            continue
        before = _planned(version, step, before, whose, asked, known)
        found.append(before)
    return found


def _planned(
    version: TrackVersion, step: TrackStep, before: Planned | None, whose: Whose, asked: Asked, known: Known
) -> Planned:
    user, replaced = whose(step, before.assignee if before else None, asked.assignees)
    asks = step.rule == Rule.ASK and step.key not in asked.assignees
    facts: dict[str, Any] = {"replaced": replaced, "asks": asks}
    chosen = asked.dates.get(step.key)
    if step.waits and before is not None and chosen is None:
        return Planned(step, user, None, follows=before.step.key, **facts)
    if user is None:
        return Planned(step, None, chosen, **facts)
    known.users.setdefault(user.pk, user)
    if chosen is not None:
        return Planned(step, user, chosen, holiday=_off(chosen, known.of(user.pk)), **facts)
    wanted, day = first_day(version, step, user, asked, known)
    place = settled(day, user.pk, known)
    return Planned(
        step,
        known.user(place.user),
        place.on,
        passed=wanted if day != wanted else None,
        moved_from=place.moved_from,
        stands_in=user if place.user != user.pk else None,
        holiday=_off(place.on, known.of(place.user)),
        **facts,
    )


def first_day(version: TrackVersion, step: TrackStep, user: User, asked: Asked, known: Known) -> tuple[date, date]:
    """The day of a step that waits for none, and the one that it has, as nothing is planned into the past.

    What counts after the step before it, and has none, counts from the day on which the track began.
    """
    known.users.setdefault(user.pk, user)
    calendar, back = known.of(user.pk), version.back and not step.waits
    start = asked.start if back or not version.back else asked.began or asked.today
    wanted = counted(start, step, calendar, back=back)
    return wanted, not_past(wanted, step, asked.today, calendar)


def next_place(step: TrackStep, on: date, user: User, known: Known) -> Place:
    """Where a step that waited comes to lie, now that the one before it was completed on this day."""
    known.users.setdefault(user.pk, user)
    return settled(counted(on, step, known.of(user.pk)), user.pk, known)


def example(
    version: TrackVersion, steps: Sequence[TrackStep], whose: Whose, asked: Asked, known: Known
) -> list[Planned]:
    """A plan in which every step is done on its day, so that those that wait have one too."""
    found: list[Planned] = []
    days: dict[str, date] = {}
    for each in plan(version, steps, whose, asked, known):
        if each.follows and each.assignee is not None:
            place = next_place(each.step, days.get(each.follows, asked.today), each.assignee, known)
            each = replace(each, due_on=place.on, assignee=known.user(place.user), moved_from=place.moved_from)
        if each.due_on is not None:
            days[each.step.key] = each.due_on
        found.append(each)
    return found


def later_by(day: date, days: int, step: TrackStep | None, user: User, known: Known) -> Place:
    """Where a step comes to lie that is put off by so many days, because its track stood still."""
    known.users.setdefault(user.pk, user)
    calendar, moved = known.of(user.pk), day + timedelta(days=days)
    if days and step is not None and step.unit == TrackStep.Unit.WEEKDAYS:
        moved = calendar.next_workday(moved)
    return settled(moved, user.pk, known)


def whose_of(record: Any, stand_in: User | None, known: Known) -> Whose:
    """Whom the steps on this record fall to; `stand_in` has the owner's part while nobody owns it."""
    return whose_of_many([record], stand_in, known)[record.pk]


def whose_of_many(records: Sequence[Any], stand_in: User | None, known: Known) -> dict[int, Whose]:
    """As `whose_of`, for many records of one noun, in few statements."""
    known.read({each.owner_id for each in records})
    roles: dict[int, dict[str, User]] = {each.pk: {} for each in records}
    if records and records[0].noun() == "opportunity":
        for chunk in chunks([each.pk for each in records]):
            members = TeamMember.objects.filter(opportunity__in=chunk).select_related("user").order_by("pk")
            for each in members:
                if each.user.is_active:
                    roles[each.opportunity_id].setdefault(each.role.strip().casefold(), each.user)
    helper = stand_in or (None if all(each.owner_id for each in records) else _somebody())
    return {each.pk: Whose(active(known.users.get(each.owner_id)) or helper, roles[each.pk]) for each in records}


def active(user: User | None) -> User | None:
    """This user, while they can sign in."""
    return user if user is not None and user.is_active else None


def _somebody() -> User | None:
    """Who is responsible when nobody owns a record and nobody applied the track: who runs the house."""
    active: Any = User.objects.active().select_related("role").order_by("pk")
    return next((user for user in active if user.role.governs), None)


def _off(day: date, calendar: WorkTime) -> str:
    """Why nobody works on this day; empty when somebody does."""
    if calendar.is_workday(day):
        return ""
    return calendar.holiday(day) or _("no working day")
