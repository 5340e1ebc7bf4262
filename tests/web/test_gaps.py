"""Moves made with gaps: who made them, what was missing, why; narrowed, and seen as their sale is."""

from datetime import timedelta

from fairlead.core import clock
from fairlead.core.actor import system
from fairlead.demo.world import World
from fairlead.models import Gap
from fairlead.verbs.opportunities import move_stage
from fairlead.verbs.ownership import assign
from tests.doors.api import Api
from tests.web.test_crossing import demand
from tests.web.test_lists import limit, queries, signed_in, text

BOSS = system("test")


def test_moves_with_gaps_are_listed_by_person(world: World) -> None:
    sale = world.managed_it
    demand(BOSS, stage=sale.stage, text="Seen the site", force="required")
    move_stage(
        world.sam.actor("web"), sale, stage=sale.stage.pipeline.stages.get(name="Close"), reason="They <know> us"
    )
    mira = signed_in(world.mira)
    page = text(mira.get("/pipeline/gaps"))
    assert "Seen the site" in page and "They &lt;know&gt; us" in page and world.sam.name in page
    assert "They" in text(mira.get(f"/pipeline/gaps?who={world.sam.public_id}"))
    assert "They &lt;know&gt;" not in text(mira.get(f"/pipeline/gaps?who={world.noah.public_id}"))
    gap = Gap.objects.latest("pk")
    assert "They" in text(mira.get(f"/pipeline/gaps?stage={gap.stage.public_id}&days=30"))
    assert "They &lt;know&gt;" not in text(mira.get(f"/pipeline/gaps?stage={sale.stage.public_id}"))
    assert mira.get("/pipeline/gaps?stage=none").status_code == 404
    assert mira.get("/pipeline/gaps?who=%00&days=x").status_code == 200
    assert queries(mira, "/pipeline/gaps") <= 12
    with clock.at(clock.now() + timedelta(days=120)):
        assert "They &lt;know&gt;" not in text(mira.get("/pipeline/gaps"))
        assert "They &lt;know&gt;" in text(mira.get("/pipeline/gaps?days=365"))
    assign(BOSS, sale, owner=world.dele)
    limit(world.noah, opportunity="own")
    assert "They &lt;know&gt;" not in text(signed_in(world.noah).get("/pipeline/gaps"))


def test_moves_with_gaps_over_rest(world: World) -> None:
    sale = world.managed_it
    demand(BOSS, stage=sale.stage, text="Seen the site", force="required")
    move_stage(world.sam.actor("web"), sale, stage=sale.stage.pipeline.stages.get(name="Close"), reason="They know us")
    gap = Gap.objects.latest("pk")
    mira = Api(world.mira)
    told = mira.get(f"/gaps?by_user={world.sam.public_id}&at.gte=today&sort=-at")["items"][0]
    assert (told["id"], told["reason"], told["missing"]) == (gap.public_id, "They know us", ["Seen the site"])
    assert (told["opportunity"]["id"], told["stage"]["label"]) == (sale.public_id, "Propose")
    assert not mira.get(f"/gaps?by_user={world.noah.public_id}&at.gte=today")["items"]
    assign(BOSS, sale, owner=world.dele)
    limit(world.noah, opportunity="own")
    Api(world.noah).get(f"/gaps/{gap.public_id}", status=404)
