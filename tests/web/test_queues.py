"""What waits in the queues of whoever looks: claimed with one key, counted beside every page, seen by nobody else."""

from fairlead.core.actor import system
from fairlead.demo.world import World
from fairlead.models import Lead
from fairlead.verbs.leads import create_lead
from fairlead.verbs.ownership import claim_lead
from fairlead.verbs.queues import create_queue
from fairlead.verbs.roles import create_role
from fairlead.verbs.routing import queue_lead
from fairlead.verbs.users import change_role
from tests.web.test_lists import signed_in

ARRIVALS = system("web form", label="Fairlead")


def test_who_may_claim_sees_what_waits_takes_it_or_hears_who_has_it(world: World) -> None:
    iris, sam = world.admin.actor("web"), signed_in(world.sam)
    south = create_queue(iris, name="South", teams=[world.sam.teams.get()])
    first, second = (create_lead(ARRIVALS, name=name) for name in ("Ann Early", "Ben Later"))
    for lead in (first, second):
        queue_lead(iris, lead, queue=south)
    page = sam.get("/queues").text
    assert page.index("South") < page.index("Ann Early") < page.index("Ben Later")
    assert f'action="/queues/{first.public_id}/claim"' in page and 'data-key="Y"' in page
    waiting = Lead.objects.open().filter(owner=None, queue__isnull=False).count()
    assert f">{waiting}<" in sam.get("/views/counts", headers={"HX-Request-Type": "partial"}).text
    assert "Ann Early" in sam.get(f"/leads?as=inbox&queue={south.public_id}&owner=none").text

    claimed = sam.post(f"/queues/{first.public_id}/claim", follow=True).text
    assert "Ann Early is yours." in claimed
    first.refresh_from_db()
    assert (first.owner, first.queue) == (world.sam, south)
    claim_lead(world.noah.actor("web"), second)
    assert f"{world.noah} has Ben Later already." in sam.post(f"/queues/{second.public_id}/claim", follow=True).text
    assert "Ann Early" not in signed_in(world.dele).get("/queues").text


def test_those_who_see_their_own_alone_see_what_waits_for_them_too(world: World) -> None:
    iris = world.admin.actor("web")
    own = create_role(iris, name="Own", grants={"*": {"see": "own", "create": "all", "edit": "own"}})
    change_role(iris, world.lena, role=own)
    mine = create_queue(iris, name="Mine", members=[world.lena])
    others = create_queue(iris, name="Others", members=[world.noah])
    seen, unseen = (create_lead(ARRIVALS, name=name) for name in ("Ann Seen", "Ben Unseen"))
    queue_lead(iris, seen, queue=mine)
    queue_lead(iris, unseen, queue=others)
    lena = signed_in(world.lena)
    listed = lena.get("/leads").text
    assert "Ann Seen" in listed and "Ben Unseen" not in listed
    assert "Ann Seen" in lena.get("/queues").text
    assert lena.get(f"/leads/{unseen.public_id}", follow=True).status_code == 404
    claim_lead(world.noah.actor("web"), unseen)
    lena.post(f"/queues/{seen.public_id}/claim")
    seen.refresh_from_db()
    assert seen.owner == world.lena
