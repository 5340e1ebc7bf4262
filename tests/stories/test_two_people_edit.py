"""Two people edit one record: different fields unite, the same field is shown with both values."""

from decimal import Decimal

import pytest

from fairlead.core.errors import Conflict, NotUndoable
from fairlead.core.undo import undo
from fairlead.demo.world import World
from fairlead.models import Opportunity
from fairlead.verbs.opportunities import edit_opportunity
from tests.stories.told import last_act


def test_different_fields_unite_and_the_same_field_is_a_choice(world: World) -> None:
    sale = world.managed_it
    seen = sale.version
    sams, miras = Opportunity.objects.get(pk=sale.pk), Opportunity.objects.get(pk=sale.pk)

    edit_opportunity(world.mira.actor("web"), miras, likelihood=80, version=seen)
    edit_opportunity(world.sam.actor("web"), sams, about="Board said yes in principle.", version=seen)
    sale.refresh_from_db()
    assert (sale.likelihood, sale.about) == (80, "Board said yes in principle.")

    with pytest.raises(Conflict) as clash:
        edit_opportunity(world.sam.actor("web"), sams, likelihood=65, version=seen)
    assert clash.value.fields == {"likelihood": {"yours": 65, "theirs": 80}}
    assert clash.value.facts["who"] == "Mira Holt"
    sale.refresh_from_db()
    assert sale.likelihood == 80

    edit_opportunity(world.sam.actor("web"), sams, likelihood=65, version=clash.value.facts["version"])
    sale.refresh_from_db()
    assert sale.likelihood == 65


def test_an_edit_that_somebody_built_upon_is_not_taken_back(world: World) -> None:
    sale = world.managed_it
    edit_opportunity(world.sam.actor("web"), sale, amount=Decimal("40000"))
    first = last_act()
    edit_opportunity(world.mira.actor("web"), sale, amount=Decimal("36000"))
    with pytest.raises(NotUndoable, match="Mira Holt"):
        undo(world.sam.actor("web"), act=first)
    undo(world.mira.actor("web"), act=last_act())
    undo(world.sam.actor("web"), act=first)
    sale.refresh_from_db()
    assert sale.amount == Decimal("38400.00")
