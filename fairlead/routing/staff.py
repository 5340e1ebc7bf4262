"""Who can take a lead now: who is here, who is away and who stands in, whose turn it is, who has the fewest."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count

from fairlead.models import Absence, Lead, Queue, Role, Turn, User

# Why a target cannot take a lead, as traces keep it: a code, and a name.
LEFT, AWAY, NOBODY, CLOSED, NO_ACCOUNT = "left", "away", "nobody", "closed", "no_account"


@dataclass(frozen=True)
class Colleague:
    pk: int
    name: str
    active: bool
    away_until: date | None
    stand_in: int | None
    teams: tuple[int, ...]

    @property
    def is_here(self) -> bool:
        return self.active and self.away_until is None


@dataclass
class Staff:
    """Everybody as they are at a moment, read when somebody is first asked for.

    `real`: turns are taken, so that of two at once each gets another colleague. Else they are only thought through.
    """

    at: datetime
    real: bool = True
    _given: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    _turns: dict[str, int] = field(default_factory=dict)

    @cached_property
    def people(self) -> dict[int, Colleague]:
        teams: dict[int, list[int]] = defaultdict(list)
        members: Any = User.teams.through._default_manager
        for user, team in members.order_by("team_id").values_list("user_id", "team_id"):
            teams[user].append(team)
        away = self._away()
        found = {}
        for pk, name, active, zone in User.objects.order_by("pk").values_list("pk", "name", "is_active", "zone"):
            day = self.at.astimezone(ZoneInfo(zone)).date()
            gone = next((each for each in away.get(pk, ()) if each.starts_on <= day <= each.ends_on), None)
            until, stand_in = (gone.ends_on, gone.delegate_id) if gone else (None, None)
            found[pk] = Colleague(pk, name, active, until, stand_in, tuple(teams[pk]))
        return found

    @cached_property
    def queues(self) -> dict[int, tuple[str, bool, int | None]]:
        """Name, whether it is open, and its first team, by id."""
        links: Any = Queue.teams.through._default_manager
        first: dict[int, int] = {}
        for queue, team in links.order_by("team_id").values_list("queue_id", "team_id"):
            first.setdefault(queue, team)
        rows = Queue.objects.values_list("pk", "name", "archived_at")
        return {pk: (name, archived is None, first.get(pk)) for pk, name, archived in rows}

    def team(self, pk: int) -> list[int]:
        return [each.pk for each in self.people.values() if pk in each.teams]

    def who_for(self, pk: int) -> tuple[int | None, str]:
        """Who takes what is meant for this user: they, or who stands in for them; else nobody, and why."""
        user = self.people.get(pk)
        if user is None or not user.active:
            return None, LEFT
        if user.is_here:
            return pk, ""
        other = self.people.get(user.stand_in or 0)
        return (other.pk, "") if other is not None and other.is_here else (None, AWAY)

    def next_of(self, rule: str, users: Sequence[int], here: Sequence[int]) -> int:
        """Whose turn it is: the first of those here after who had the last one, in the order of `users`."""
        last = self._last(rule)
        start = users.index(last) + 1 if last in users else 0
        chosen = next(each for each in (*users[start:], *users[:start]) if each in here)
        self._turns[rule] = chosen
        return chosen

    def fewest_of(self, rule: str, here: Sequence[int]) -> int:
        """Who has the fewest open leads; of those with as few, whose turn it is."""
        self._last(rule)  # its row is locked: what another one is just given counts
        least = min(self._open(pk) for pk in here)
        chosen = self.next_of(rule, list(here), [pk for pk in here if self._open(pk) == least])
        self._given[chosen] += 1
        return chosen

    def last_resort(self) -> int | None:
        """Who runs the house: somebody always does."""
        roles = {role.pk for role in Role.objects.all() if role.governs}
        governing = User.objects.active().filter(role_id__in=roles).order_by("pk").values_list("pk", flat=True)
        found = list(governing)
        return next((pk for pk in found if self.people[pk].is_here), found[0] if found else None)

    def keep_turns(self) -> None:
        """Write down who had the last ones."""
        for rule, last in self._turns.items() if self.real else ():
            Turn.objects.filter(rule=rule).update(last=last)

    def _last(self, rule: str) -> int:
        if rule not in self._turns:
            rows = (Turn.objects.select_for_update() if self.real else Turn.objects.all()).filter(rule=rule)
            if self.real and not rows:
                Turn.objects.bulk_create([Turn(rule=rule)], ignore_conflicts=True)
            self._turns[rule] = next(iter(rows.all().values_list("last", flat=True)), 0)
            self._counts.clear()
        return self._turns[rule]

    @cached_property
    def _counts(self) -> dict[int, int]:
        return {}

    def _open(self, pk: int) -> int:
        if pk not in self._counts:
            self._count([each.pk for each in self.people.values() if each.is_here])
        return self._counts[pk] + self._given[pk]

    def _count(self, users: Iterable[int]) -> None:
        users = list(users)
        rows = Lead.objects.open().filter(owner_id__in=users).order_by().values_list("owner_id")
        self._counts.update(dict.fromkeys(users, 0) | dict(rows.annotate(number=Count("pk"))))

    def _away(self) -> dict[int, list[Absence]]:
        """Absences of these days, whatever the clock of whom they are of."""
        found: dict[int, list[Absence]] = defaultdict(list)
        near = Absence.objects.filter(archived_at=None, starts_on__lte=self.at.date() + timedelta(days=1))
        for each in near.filter(ends_on__gte=self.at.date() - timedelta(days=1)):
            found[each.user_id].append(each)
        return found
