"""The demo world is whole, whenever it is built."""

from fairlead.demo.world import World
from fairlead.models import Company, Event, Opportunity


def test_northgate_it_has_its_people_companies_and_sales(world: World) -> None:
    roles = {user.name: user.role.name for user in (world.sam, world.noah, world.lena, world.mira, world.dele)}
    assert list(roles.values()) == ["Seller", "Seller", "Seller", "Manager", "Delivery"]
    assert Company.objects.count() == 40
    assert Opportunity.objects.open().count() == 27
    assert world.managed_it.stage.name == "Propose"
    assert world.managed_it.customer == world.peverell == world.priya.company


def test_a_changed_world_does_not_reach_the_next_test(world: World) -> None:
    assert Event.objects.filter(verb="archive").count() == 0
    from fairlead.verbs.ownership import archive

    archive(world.mira.actor("web"), world.peverell)
    assert Company.objects.live().count() == 39


def test_the_next_test_finds_it_as_it_was(world: World) -> None:
    assert Company.objects.live().count() == 40
