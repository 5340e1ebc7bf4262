"""Many records at once: allowed and refused, one act, found as before."""

import pytest

from fairlead.core.act import last
from fairlead.core.actor import system
from fairlead.core.errors import Invalid, NotAllowed
from fairlead.core.undo import undo
from fairlead.core.verb import tell
from fairlead.demo.world import World
from fairlead.models import Event, Person
from fairlead.models.search import search
from fairlead.verbs.bulk import archive_many, assign_many, tag_many
from fairlead.verbs.ownership import tag

BOSS = system("test")


def two(world: World) -> list[Person]:
    return [world.person("Priya Raman"), world.person("Beth Lowe")]


def test_giving_many_away(world: World) -> None:
    """One act, one event per record that changed, told with how many; a seller may not."""
    assert {each.name for each in assign_many(world.mira.actor("web"), two(world), owner=world.noah)} == {
        "Priya Raman",
        "Beth Lowe",
    }
    event = Event.objects.filter(verb="assign_many").latest("id")
    assert "".join(part.text for part in tell(event)) == "Mira Holt gave 2 people to Noah Bennett"
    assert assign_many(world.mira.actor("web"), two(world), owner=world.noah) == []
    with pytest.raises(NotAllowed):
        assign_many(world.sam.actor("web"), two(world), owner=world.sam)
    assert world.person("Priya Raman").owner == world.noah


def test_tagging_many_keeps_what_was_there(world: World) -> None:
    priya, beth = two(world)
    tag(BOSS, priya, tag="VIP")
    assert len(tag_many(BOSS, [priya, beth], tag="vip")) == 1
    act = last()
    assert act is not None
    tag_many(BOSS, [priya, beth], tag="Fair")
    assert sorted(priya.tags.values_list("name", flat=True)) == ["Fair", "VIP"]
    with pytest.raises(Invalid):
        tag_many(BOSS, [priya, beth], tag=" ")
    newest = last()
    assert newest is not None
    undo(BOSS, act=newest.id)
    undo(BOSS, act=act.id)
    assert list(priya.tags.values_list("name", flat=True)) == ["VIP"] and not beth.tags.exists()


def test_archived_ones_leave_the_search_and_come_back(world: World) -> None:
    archive_many(BOSS, two(world))
    assert search(BOSS, "priya", kinds=("person",)) == []
    act = last()
    assert act is not None
    undo(BOSS, act=act.id)
    assert [each.label for each in search(BOSS, "priya", kinds=("person",))] == ["Priya Raman"]


def test_records_of_two_kinds_are_refused(world: World) -> None:
    with pytest.raises(Invalid):
        archive_many(BOSS, [world.priya, world.peverell])
    with pytest.raises(Invalid):
        archive_many(BOSS, [])
