"""The pages about arrivals: the list, one submission, endpoints and their mapping."""

from django.test import Client

from fairlead.core.changes import change
from fairlead.core.verb import REGISTRY, verb
from fairlead.demo.world import World
from fairlead.models import Campaign, Endpoint, Lead, Role
from fairlead.verbs.endpoints import create_endpoint
from tests.inbox.arrivals import SYSTEM, arrived, endpoint, ours, processed

ANN = {"name": "Ann Lee", "email": "ann@new.example", "message": "<script>alert(1)</script>"}


def test_the_list_is_narrowed_by_state_endpoint_day_and_words(client: Client, world: World) -> None:
    one, other = endpoint("One"), endpoint("Other")
    kept = {"lead": processed(one, ANN), "none": processed(one, {"name": "Nobody"}), "other": arrived(other, ANN)}
    client.force_login(world.mira)
    shown = {
        "": {"lead", "none", "other"},
        "?state=unusable": {"none"},
        "?state=processed&state=received": {"lead", "other"},
        f"?endpoint={other.public_id}": {"other"},
        "?received_before=2001-01-01": set(),
        "?q=lee": {"lead"},
        f"?q={kept['none'].public_id}": {"none"},
        "?sort=received": {"lead", "none", "other"},
    }
    for query, names in shown.items():
        page = client.get(f"/submissions{query}").content.decode()
        found = {name for name, each in kept.items() if f"row-{each.public_id}" in page}
        assert found == names, query
    assert client.get("/submissions?state=nonsense").status_code == 400


def test_a_submission_shows_what_came_as_text_and_what_became_of_it(client: Client, world: World) -> None:
    found = processed(endpoint(), ANN)
    client.force_login(world.mira)
    page = client.get(f"/submissions/{found.public_id}").content.decode()
    assert "&lt;script&gt;alert(1)" in page and "<script>alert" not in page and "name=Ann+Lee" in page
    assert f"/leads/{found.lead.public_id}" in page  # type: ignore[union-attr]
    assert client.post(f"/submissions/{found.public_id}/mark-spam").status_code == 303
    found.refresh_from_db()
    assert found.state == "spam" and "Not spam" in client.get(f"/submissions/{found.public_id}").content.decode()


def test_ticked_ones_are_processed_again(client: Client, world: World) -> None:
    at = endpoint()
    rows = [arrived(at, ANN), arrived(at, {"email": "bo@new.example"})]
    client.force_login(world.mira)
    answer = client.post("/submissions/process", {"ids": [each.public_id for each in rows], "query": "state=received"})
    assert answer.status_code == 303 and answer.headers["Location"] == "/submissions?state=received"
    assert {each.state for each in ours()} == {"processed"}
    assert client.post("/submissions/process", {"ids": ["nothing"]}).status_code == 422
    client.force_login(world.dele)
    assert client.post("/submissions/process", {"ids": [rows[0].public_id]}).status_code == 403


def test_who_may_not_read_how_people_are_reached_sees_no_payload(client: Client, world: World) -> None:
    found = processed(endpoint(), ANN | {"Colour": "mauve"})

    @verb("{by} hid it", may="anyone")
    def hide(by: object, *, role: Role) -> None:
        change(role, grants=role.grants | {"private": {"see": "none", "edit": "none"}})

    hide(SYSTEM, role=world.mira.role)  # type: ignore[arg-type]
    del REGISTRY["hide"]
    client.force_login(world.mira)
    page = client.get(f"/submissions/{found.public_id}").content.decode()
    assert "Hidden by your role" in page and "mauve" not in page and "ann@new" not in page


def test_an_endpoint_is_made_and_its_address_shown_once(client: Client, world: World) -> None:
    client.force_login(world.admin)
    given = {
        "name": "Web",
        "kind": "salesforce",
        "lead_type": "trial",
        "campaign": "Spring",
        "return_hosts": "a.example",
    }
    page = client.post("/settings/endpoints", given | {"owner": world.sam.public_id}).content.decode()
    made = Endpoint.objects.get(name="Web")
    address = page.partition("/in/")[2][:24]
    assert Endpoint.at(address) == made and (made.owner, made.return_hosts) == (world.sam, ["a.example"])
    assert made.campaign == Campaign.objects.get(name="Spring")
    at = f"/settings/endpoints/{made.public_id}"
    assert address not in client.get(at).content.decode() + client.get("/settings/endpoints").content.decode()
    assert client.post("/settings/endpoints", given).status_code == 422  # the name is taken
    assert client.post(at, given | {"return_hosts": "not a host/"}).status_code == 422
    renewed = client.post(f"{at}/renew").content.decode().partition("/in/")[2][:24]
    assert Endpoint.at(renewed) == made and Endpoint.at(address) is None


def test_a_mapping_is_saved_and_applied_to_what_waits(client: Client, world: World) -> None:
    at = endpoint()
    found = processed(at, {"name": "Ann", "Wie erreichen wir Sie heute noch am besten von hier": "020 7946 0777"})
    client.force_login(world.admin)
    page = client.get(f"/settings/endpoints/{at.public_id}").content.decode()
    assert "020 7946 0777" in page and "1 submission waits" in page
    fields = {"name_1": "name", "to_1": "", "name_2": "Wie erreichen wir Sie heute noch am besten von hier"}
    client.post(f"/settings/endpoints/{at.public_id}/mapping", fields | {"to_2": "phone"})
    at.refresh_from_db()
    assert at.mapping == {fields["name_2"]: "phone"}
    client.post(f"/settings/endpoints/{at.public_id}/process")
    found.refresh_from_db()
    assert found.lead is not None and found.lead.phone_e164 == "+442079460777"
    wrong = client.post(f"/settings/endpoints/{at.public_id}/mapping", {"name_1": "name", "to_1": "owner"})
    assert wrong.status_code == 422


def test_a_key_is_set_and_never_shown(client: Client, world: World) -> None:
    at = create_endpoint(SYSTEM, name="Type", kind="typeform").endpoint
    client.force_login(world.admin)
    client.post(f"/settings/endpoints/{at.public_id}/key", {"signing_key": "hush hush"})
    at.refresh_from_db()
    assert at.key == "hush hush" and "hush" not in at.signing_key
    pages = [f"/settings/endpoints/{at.public_id}", "/settings/changes", "/settings/audit"]
    assert not any("hush" in client.get(page).content.decode() for page in pages)


def test_a_lead_is_categorised_in_place_and_found_by_it(client: Client, world: World) -> None:
    lead, campaign = world.joanna, Campaign.objects.first() or _campaign()
    client.force_login(world.sam)
    at = f"/leads/{lead.public_id}/edit"
    for name, value in {"rating": "hot", "campaign": campaign.public_id, "interest": "Backups"}.items():
        assert (
            client.post(f"{at}/{name}", {name: value, "version": Lead.objects.get(pk=lead.pk).version}).status_code
            == 303
        )
    lead.refresh_from_db()
    assert (lead.rating, lead.campaign, lead.interest) == ("hot", campaign, "Backups")
    for query in ("rating=hot", f"campaign={campaign.public_id}", f"type={lead.lead_type}", "interest=Backups"):
        assert lead.public_id in client.get(f"/leads?{query}").content.decode(), query
    assert lead.public_id not in client.get("/leads?rating=cold").content.decode()


def _campaign() -> Campaign:
    from fairlead.verbs.endpoints import create_campaign

    return create_campaign(SYSTEM, name="Spring")


def test_a_possible_duplicate_is_marked_and_unmarked(client: Client, world: World) -> None:
    from fairlead.verbs.people import create_person

    for name in ("Bo Ek", "Bo Eck"):
        create_person(SYSTEM, name=name, mails=["bo@new.example"])
    lead = processed(endpoint(owner=world.sam), {"email": "bo@new.example", "utm_source": "news"}).lead
    assert lead is not None
    client.force_login(world.sam)
    page = client.get(f"/leads/{lead.public_id}", follow=True).content.decode()
    assert "Possible duplicate" in page and "utm_source" in page
    assert lead.public_id in client.get("/leads?doubt=yes").content.decode()
    client.post(f"/leads/{lead.public_id}/edit?possible_duplicate=false")
    lead.refresh_from_db()
    assert lead.possible_duplicate is False
