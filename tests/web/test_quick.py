"""Lists whose question was put into SQL before answer as lists that put it anew do: to everybody, at any moment."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from babel import Locale

from fairlead.core import clock
from fairlead.core.actor import system
from fairlead.core.errors import Refused
from fairlead.core.record import writing
from fairlead.demo.world import World
from fairlead.models import Opportunity, Role, Suppression, User
from fairlead.verbs.roles import create_role, edit_role
from fairlead.verbs.users import change_role
from fairlead.web import quick
from fairlead.web.formats import Reader
from fairlead.web.keyset import NotUnderstood
from fairlead.web.listing import Asked
from fairlead.web.listings import LISTINGS, OPPORTUNITIES, PEOPLE

BOSS = system("test")
BY_FIELDS = ("owner=me&owner=none", "source.empty=true", "created_at.gte=-90d", "company.name.contains=e", "tags=none")


def asked_by(user: User, listing: Any, query: str) -> Asked:
    by = User.objects.get(pk=user.pk).actor("web")
    return Asked(listing, query, by, Reader(user.tz, Locale.parse("en_GB"), clock.now()))


def questions(asked: Asked) -> Iterator[str]:
    """Every choice of every filter, days, filters over fields, every quick sort."""
    for each in asked.filters:
        yield from (f"{each.name}={option.value}" for option in asked.offer(each.name).options)
    yield from ("created_after=2025-01-01", "contact_before=2030-01-01", *BY_FIELDS)
    yield from (f"sort={sign}{sort}" for sort in asked.listing.sorts for sign in ("", "-"))


def answer(user: User, listing: Any, query: str) -> Any:
    """What the list shows, or why not: rows with their columns, where the pages before and after begin, how many."""
    try:
        asked = asked_by(user, listing, query)
        page = asked.page(size=7)
    except Refused as refusal:
        return type(refusal)
    shown = [(row.public_id, *(_value(each, row) for each in asked.columns)) for row in page.rows]
    beside = asked.neighbours(page.rows[3].row if quick.knows(asked) else page.rows[3]) if len(page.rows) > 3 else ()
    return shown, page.previous, page.next, asked.count(), [each and each.label for each in beside]


def _value(column: Any, row: Any) -> Any:
    value = column.words(row)
    return (type(value), value.pk, value.label) if hasattr(value, "pk") else value


def narrow(level: str, **classes: Any) -> Role:
    actions: Any = dict.fromkeys(("see", "edit", "create"), level)
    grants: Any = {"*": actions, "organisation": {"see": "all"}, **classes}
    return create_role(BOSS, name=f"Sees {level} {len(classes)}", grants=grants)


def same(user: User, listing: Any, query: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The answer, which is the same as of a list that puts its question anew."""
    found = answer(user, listing, query)
    with monkeypatch.context() as patched:
        patched.setattr(quick, "knows", lambda asked: False)
        assert found == answer(user, listing, query), query
    return found


def pages(user: User, listing: Any, query: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """The first page, the one after it, and the one before that: how many were the same, which is all there are."""
    found: Any = same(user, listing, query, monkeypatch)
    number = 1
    for step in (2, 1):
        if isinstance(found, tuple) and found[step]:
            found, number = same(user, listing, found[step].partition("?")[2], monkeypatch), number + 1
    return number


@pytest.mark.parametrize("noun", LISTINGS)
@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.load)])
def test_the_same_for_those_who_see_a_part(
    world: World, monkeypatch: pytest.MonkeyPatch, noun: str, whole: bool
) -> None:
    """Each of two people in one of two roles; each in both by the load tests."""
    users = [world.sam, world.mira]
    for turn, role in enumerate((narrow("team"), narrow("own", money={}, private={}))):
        for user in users if whole else users[turn : turn + 1]:
            change_role(BOSS, user, role=role)
            for query in ("", "owner=me&next=late", "sort=-next_step_at", "created_after=2025-01-01&sort=-created"):
                pages(user, LISTINGS[noun], query, monkeypatch)
    assert quick.knows(asked_by(world.sam, LISTINGS[noun], "owner=me&next=late"))


@pytest.mark.load
@pytest.mark.parametrize("noun", LISTINGS)
def test_the_same_for_every_filter_and_sort(world: World, monkeypatch: pytest.MonkeyPatch, noun: str) -> None:
    for role in (world.sam.role, narrow("own"), narrow("team"), narrow("all", money={}, private={})):
        change_role(BOSS, world.sam, role=role)
        for query in questions(asked_by(world.sam, LISTINGS[noun], "")):
            assert pages(world.sam, LISTINGS[noun], query, monkeypatch) > 0, query


def test_what_is_late_goes_by_the_moment_and_what_is_held_back_by_what_is_in_force(world: World) -> None:
    early, late = (asked_by(world.sam, OPPORTUNITIES, "next=late") for _twice in range(2))
    late.reader = replace(late.reader, now=clock.now() + timedelta(days=400))
    planned = Opportunity.objects.live().filter(state="open", next_step_at__isnull=False)
    assert early.count() < late.count() == planned.count()
    held = asked_by(world.sam, PEOPLE, "contact=yes").count()
    assert held > 0
    with writing():
        Suppression.objects.update(until=clock.now() + timedelta(days=30))
    assert asked_by(world.sam, PEOPLE, "contact=yes").count() == held
    later = asked_by(world.sam, PEOPLE, "contact=yes")
    later.reader = replace(later.reader, now=clock.now() + timedelta(days=31))
    assert later.count() == 0


def test_a_value_that_is_not_offered_any_more_is_refused(world: World) -> None:
    query = f"owner={world.mira.public_id}"
    assert asked_by(world.sam, PEOPLE, query).count() >= 0
    edit_role(BOSS, change_role(BOSS, world.sam, role=narrow("own")).role, grants={"person": {"see": "own"}})
    with pytest.raises(NotUnderstood):
        asked_by(world.sam, PEOPLE, query).page()
