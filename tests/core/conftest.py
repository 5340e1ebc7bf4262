"""A small house for the kernel's tests: one organisation, two teams, one of each role that matters."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fairlead.core.act import last
from fairlead.core.actor import Actor, system
from fairlead.core.changes import create
from fairlead.core.event import Event
from fairlead.core.record import rows
from fairlead.core.verb import REGISTRY, verb
from fairlead.models import Role, Team, User
from fairlead.verbs.organisation import set_up
from tests.ground import Ground

TEST = system("test")
F = TypeVar("F", bound=Callable[..., Any])


def aside(sentence: str, **facts: Any) -> Callable[[F], F]:
    """A verb for these tests alone, which no door gets to see."""

    def register(function: F) -> F:
        made = verb(sentence, **facts)(function)
        del REGISTRY[function.__name__]
        return made  # type: ignore[return-value]

    return register


@pytest.fixture
def registered() -> Iterator[None]:
    """Verbs that a test registers are forgotten after it."""
    kept = dict(REGISTRY)
    yield
    REGISTRY.clear()
    REGISTRY.update(kept)


@aside("{by} took in {it}", may="organisation.edit")
def take_in(by: Actor, *, name: str, role: str, team: str) -> User:
    """Add a user as the tests need one: without a password and mails."""
    found = Team.objects.filter(name=team).first() or create(Team, name=team)
    held = Role.objects.get(name=role)
    return create(User, name=name, email=f"{name.lower()}@example.com", role=held, teams=[found])


@dataclass
class House:
    """Users and, for each, who acts: `house.sam` and `house.by.sam`."""

    people: dict[str, User]
    by: Any = field(init=False)

    def __post_init__(self) -> None:
        self.by = Actors(self.people)

    def __getattr__(self, name: str) -> User:
        return self.people[name]


@dataclass
class Actors:
    people: dict[str, User]

    def __getattr__(self, name: str) -> Actor:
        return User.objects.get(pk=self.people[name].pk).actor("web")


STAFF = [
    ("Sam", "Seller", "North"),
    ("Nora", "Seller", "North"),
    ("Otto", "Seller", "South"),
    ("Mira", "Manager", "North"),
    ("Ada", "Administrator", "North"),
    ("Rita", "Read-only", "North"),
    ("Ivo", "Intake", "South"),
]


def settle() -> dict[str, int]:
    """Set the house up; the users' ids by name."""
    set_up(TEST, name="Quay", zone="Europe/London")
    return {name.lower(): take_in(TEST, name=name, role=role, team=team).pk for name, role, team in STAFF}


@pytest.fixture(scope="session")
def lay_house() -> Callable[[], dict[str, int]]:
    return settle


@pytest.fixture
def house(db: None, ground: Ground) -> House:
    ids = ground.laid if ground.name == "house" else settle()
    users = User.objects.in_bulk(ids.values())
    return House({name: users[pk] for name, pk in ids.items()})


def act() -> Any:
    """The id of the act that committed last."""
    found = last()
    assert found is not None
    return found.id


def events(act_id: Any = None) -> list[Event]:
    return list(Event.objects.filter(act=act_id or act()).order_by("step", "id"))


def content() -> dict[str, dict[int, dict[str, Any]]]:
    """Everything in the guarded tables as the database has it, without what merely counts edits."""
    found: dict[str, dict[Any, dict[str, Any]]] = {}
    for noun, model in rows().items():
        found[noun] = {each["id"]: each for each in _table(model._meta.db_table, "version")}
        for link in model._meta.many_to_many:
            pairs = _table(link.remote_field.through._meta.db_table, "id")  # type: ignore[union-attr]
            found[f"{noun} {link.name}"] = {tuple(each.values()): {} for each in pairs}
    return found


def _table(name: str, without: str) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {name}")
        names = [column[0] for column in cursor.description]
        places = [place for place, column in enumerate(names) if column != without]
        return [{names[place]: row[place] for place in places} for row in cursor.fetchall()]


def queries() -> CaptureQueriesContext:
    return CaptureQueriesContext(connection)
