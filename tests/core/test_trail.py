"""Events read along one index, however they are narrowed: every page holds what it must, and the walk goes on."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest

from fairlead.core import clock, trail
from fairlead.core.event import Event
from fairlead.core.trail import Narrowing, newest
from fairlead.demo.world import World
from fairlead.verbs.leads import create_lead, edit_lead
from fairlead.verbs.people import create_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy(world: World) -> World:
    """Several doors, people and nouns, and moments that do not follow the ids."""
    for number, user in enumerate([world.sam, world.mira, world.sam, world.mira] * 3):
        with clock.at(clock.now() - timedelta(days=number % 5)):
            lead = create_lead(user.actor("api" if number % 3 else "web"), name=f"Lead {number}")
            edit_lead(user.actor("cli"), lead, interest="Phones")
            create_person(user.actor("web"), name=f"Person {number}")
    return world


def conditions(world: World) -> dict[str, Any]:
    return {
        "person": world.sam.pk,
        "verb": "edit_lead",
        "door": "cli",
        "kinds": ("lead", "person"),
        "record": ("lead", Event.objects.filter(verb="edit_lead").latest("pk").links.get(kind="lead").record_id),
        "since": clock.now() - timedelta(days=3),
        "until": clock.now() - timedelta(hours=1),
    }


def narrowings(world: World) -> Iterator[Narrowing]:
    known = conditions(world)
    for size in range(len(known) + 1):
        for names in combinations(known, size):
            yield Narrowing(**{name: known[name] for name in names})


def plainly(asked: Narrowing) -> list[int]:
    """The same, asked without any care for speed."""
    found = Event.objects.all()
    for name, column in trail.COLUMNS.items():
        if value := getattr(asked, name):
            found = found.filter(**{column: value})
    if asked.kinds:
        found = found.filter(links__kind__in=asked.kinds)
    if asked.record:
        found = found.filter(pk__in=Event.objects.filter(links__kind="lead", links__record_id=asked.record[1]))
    if asked.since:
        found = found.filter(at__gte=asked.since)
    if asked.until:
        found = found.filter(at__lte=asked.until)
    return [pk for _at, pk in found.order_by("-at", "-pk").values_list("at", "pk").distinct()]


def walked(asked: Narrowing, size: int) -> list[int]:
    found, after = newest(asked, size)
    ids = [pk for _at, pk in found]
    while after:
        found, after = newest(asked, size, after)
        ids += [pk for _at, pk in found]
    return ids


@pytest.mark.parametrize(("furthest", "size"), [(10_000, 7), (9, 4)])
def test_every_combination_holds_what_it_must(
    busy: World, monkeypatch: pytest.MonkeyPatch, furthest: int, size: int
) -> None:
    """Also when a page may walk no further than nine events: then there are more pages, and the same in them."""
    monkeypatch.setattr(trail, "FURTHEST", furthest)
    wrong = [asked for asked in narrowings(busy) if walked(asked, size) != plainly(asked)]
    assert wrong == []
    assert len(plainly(Narrowing(door="cli", kinds=("lead",)))) == 12


def test_a_page_that_found_nothing_says_where_the_next_goes_on(busy: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail, "FURTHEST", 5)
    found, after = newest(Narrowing(door="cli", verb="create_person"), 4)
    assert found == [] and after is not None
    monkeypatch.setattr(trail, "FURTHEST", 10_000)
    assert newest(Narrowing(door="cli", verb="create_person"), 4) == ([], None)
