"""The opportunity's page: exit criteria, needs, who has a say, competitors and the team, each changed in place."""

import re
from decimal import Decimal

import pytest
from django.test import Client

from fairlead.core.actor import system
from fairlead.core.record import writing
from fairlead.demo.world import World
from fairlead.models import Gap, Notice, Opportunity, Person, Rate, Role, Stage
from fairlead.verbs.closing import close_won
from fairlead.verbs.opportunities import create_opportunity
from fairlead.verbs.people import create_person
from fairlead.verbs.rates import remove_rate, set_rate
from fairlead.verbs.users import change_role
from fairlead.web.addresses import url_of
from tests.web.test_records import limit, signed_in, text_of

pytestmark = pytest.mark.django_db
BOSS = system("test")


@pytest.fixture
def sam(world: World) -> Client:
    return signed_in(world.sam)


def test_the_page_shows_what_is_known_and_what_is_missing(world: World, sam: Client) -> None:
    page = text_of(sam.get(url_of(world.managed_it)))
    for words in (
        "To leave Propose Quote sent Decision maker has seen it Questions answered Decision date agreed Move to Close",
        "Needs 5 One supplier for all three sites Must",
        "People 3 PR Priya Raman Wants it off her desk before the year ends. Decides",
        "Brightwave Strong Cheap, long contracts, knows every school in the county. Weak",
        "DO Dele Okafor Technical",
        "Solution One contract for three sites",
    ):
        assert words in page
    cover = text_of(signed_in(world.lena).get(url_of(world.opportunity("Cyber cover"))))
    assert "Money lost to faked payment mails Up to £250,000 a case · £620" in cover
    tills = text_of(sam.get(url_of(world.opportunity("Office move"))))
    assert "Won at a similar value 3 Print room network £11,800" in tills
    lost = text_of(sam.get(url_of(world.opportunity("Dealership phones", "lost"))))
    assert "Went with somebody else" in lost and "To leave" not in lost


def test_similar_wins_in_another_currency_count_by_the_rate_of_the_day(world: World, sam: Client) -> None:
    home = url_of(world.opportunity("Office move"))
    won = create_opportunity(BOSS, title="Kassennetz", amount=Decimal(14_900), currency="EUR")
    close_won(BOSS, won)
    assert "Kassennetz €14,900" in text_of(sam.get(home))
    set_rate(BOSS, currency="EUR", rate=Decimal(100))
    assert "Kassennetz" not in text_of(sam.get(home))
    for each in Rate.objects.filter(currency="EUR"):
        remove_rate(BOSS, each)
    assert "Kassennetz" not in text_of(sam.get(home))


def test_parts_are_added_changed_and_taken_off(world: World, sam: Client) -> None:
    home, base = url_of(world.unplanned), f"/opportunities/{world.unplanned.public_id}"
    here = {"HTTP_REFERER": f"http://testserver{home}"}
    page = text_of(
        sam.post(f"{base}/add-need", {"text": "Ten desks", "cost": "1,250", "weight": "must"}, follow=True, **here)
    )
    assert "Noted the need “Ten desks” on New practice fit-out." in page and "Ten desks £1,250 Must" in page
    need = world.unplanned.needs.get()
    page = text_of(sam.post(f"/needs/{need.public_id}/edit", {"text": "Twelve desks", "weight": "should"}, follow=True))
    assert "Twelve desks" in page and "Should" in page
    refused = sam.post(f"{base}/add-need", {"text": "Chairs", "cost": "1e5"})
    assert refused.status_code == 422 and "“1e5” is no amount here" in text_of(refused) and b"Chairs" in refused.content
    page = text_of(sam.post(f"{base}/add-rival", {"new_competitor": "brightwave"}, follow=True, **here))
    assert "Listed Brightwave as a competitor" in page
    page = text_of(
        sam.post(f"{base}/add-team-member", {"user": world.dele.public_id, "role": "Technical"}, follow=True, **here)
    )
    assert "Asked Dele Okafor to work on New practice fit-out." in page and "Dele Okafor Technical" in page
    page = text_of(sam.post(f"/needs/{need.public_id}/remove", follow=True, **here))
    assert "Took the need “Twelve desks” off" in page and not world.unplanned.needs.exists()


def test_somebody_with_a_say_is_found_by_name_or_added(world: World, sam: Client) -> None:
    base = f"/opportunities/{world.unplanned.public_id}/stakeholders"
    sam.post(base, {"person": "priya raman", "role": "decides"})
    sam.post(base, {"person": "Nell Quist", "role": "blocks"})
    nell = Person.objects.get(name="Nell Quist")
    assert nell.company == world.unplanned.company
    assert set(world.unplanned.stakeholders.values_list("person__name", "role")) == {
        ("Priya Raman", "decides"),
        ("Nell Quist", "blocks"),
    }
    code = world.priya.public_id
    twin = create_person(world.sam.actor("web"), name="Priya Raman")
    answer = text_of(sam.post(base, {"person": "Priya Raman", "role": "signs"}, follow=True))
    assert f"2 people are called Priya Raman. Write one as: Priya Raman #{code}" in answer
    sam.post(base, {"person": f"Priya Raman #{twin.public_id}", "role": "signs"})
    assert world.unplanned.stakeholders.filter(person=twin, role="signs").exists()


def test_ticking_and_moving_on_from_the_page(world: World, sam: Client) -> None:
    sale, close = world.managed_it, Stage.objects.get(name="Close")
    home = url_of(sale)
    page = sam.get(home).content.decode()
    tick = re.search(r'formaction="([^"]*/untick-criterion[^"]*)"', page)
    assert tick is not None
    page = text_of(sam.post(tick[1], follow=True, HTTP_REFERER=f"http://testserver{home}"))
    assert "Took the tick off “Decision maker has seen it” on Managed IT for 45 seats." in page
    move = f"/opportunities/{sale.public_id}/move-stage"
    asked = sam.post(f"{move}?stage={close.public_id}")
    assert asked.status_code == 422
    assert "Missing to leave Propose: Decision maker has seen it. Write one line on why you move on." in text_of(asked)
    assert f'value="{close.public_id}" selected' in asked.content.decode()
    assert "Offer</option>" not in asked.content.decode()  # a stage of the other pipeline
    page = text_of(sam.post(move, {"stage": close.public_id, "reason": "She signs tomorrow"}, follow=True))
    assert "moved it from Propose to Close" in page and "She signs tomorrow" in page
    assert Gap.objects.get(opportunity=sale).reason == "She signs tomorrow"


def test_winning_and_losing_ask_for_their_facts(world: World, sam: Client) -> None:
    base = f"/opportunities/{world.managed_it.public_id}"
    form = sam.get(f"{base}/close-won").content.decode()
    assert 'value="38400"' in form and "Fitted best</option>" in form and "Wrong time</option>" not in form
    page = text_of(sam.post(f"{base}/close-won", {"amount": "£36k", "note": "From January"}, follow=True))
    assert "Won on" in page and "£36,000 From January" in page
    sam.post(f"{base}/reopen", {"resume": "true"})
    assert Opportunity.objects.get(pk=world.managed_it.pk).is_open
    given = {"reason": world.reason("Price").public_id, "recontact_on": "+3m"}
    sam.post(f"{base}/close-lost", given)
    assert "Ask again about Managed IT for 45 seats" in text_of(sam.get(url_of(world.priya)))


def test_today_tells_who_was_pulled_in_until_they_saw_it(world: World) -> None:
    dele = signed_in(world.dele)
    page = dele.get("/").content.decode()
    notice = Notice.objects.filter(user=world.dele, seen_at=None).latest("pk")
    assert "asked you to work on" in page and f"/notices/{notice.public_id}/see" in page
    dele.post(f"/notices/{notice.public_id}/see")
    assert f"/notices/{notice.public_id}/see" not in dele.get("/").content.decode()
    other = Notice.objects.filter(user=world.dele).first()
    assert other is not None
    assert signed_in(world.sam).post(f"/notices/{other.public_id}/see").status_code == 404


def test_people_out_of_sight_are_not_named_as_stakeholders(world: World) -> None:
    limit(world.noah, opportunity="all", person="none", company="all", lead="all")
    page = text_of(signed_in(world.noah).get(url_of(world.managed_it)))
    assert "Beth Lowe" not in page and "One supplier for all three sites" in page


PIECE = {"HTTP_HX_REQUEST": "true", "HTTP_HX_REQUEST_TYPE": "partial"}


def test_parts_are_edited_where_they_stand(world: World, sam: Client) -> None:
    need = world.opportunity("Cyber cover").needs.exclude(cost_minor=None)[0]
    lena = signed_in(world.lena)
    at = f"/needs/{need.public_id}/edit"
    assert 'name="weight"' in lena.get(f"{at}/weight", **PIECE).text
    assert lena.get(f"{at}/weight")["Location"] == at  # without scripts: the form with all of it
    saved = lena.post(f"{at}/weight", {"weight": "should", "version": need.version}, **PIECE)
    assert "Should" in saved.text and "/undo" in saved.text
    assert "£1,23" in lena.post(f"{at}/cost", {"cost": "1.234,50 £"}, **PIECE).text
    for bad in ("1e5", "-5", "12 EUR", "12 XYZ", "9" * 40, "\x00", "abc"):
        refused = lena.post(f"{at}/cost", {"cost": bad}, **PIECE)
        assert refused.status_code == 422 and 'class="error"' in refused.text, bad
    need.refresh_from_db()
    assert need.weight == "should" and need.cost_minor == 123450
    assert lena.post(f"{at}/text", {"text": "  "}, **PIECE).status_code == 422
    assert lena.post(f"{at}/weight", {"weight": "perhaps"}, **PIECE).status_code == 422
    assert lena.get(f"{at}/position", **PIECE).status_code == 404
    lena.post(f"{at}?met=true")
    need.refresh_from_db()
    assert need.met


def test_two_who_edit_one_piece_see_both_sides(world: World, sam: Client) -> None:
    stake = world.managed_it.stakeholders.order_by("pk")[0]
    at, seen = f"/stakeholders/{stake.public_id}/edit/role", stake.version
    signed_in(world.mira).post(at, {"role": "signs", "version": seen}, **PIECE)
    both = sam.post(at, {"role": "blocks", "version": seen}, **PIECE)
    assert both.status_code == 409 and "Mira Holt" in both.text and "Signs" in both.text and "Blocks" in both.text
    assert "Signs" in sam.get(f"{at}?keep=theirs", **PIECE).text
    member = world.managed_it.team_members.get(user=world.dele)
    assert "Sponsor" in sam.post(f"/team-members/{member.public_id}/edit/role", {"role": "Sponsor"}, **PIECE).text
    rival = world.managed_it.rivals.all()[0]
    assert "Pricey" in sam.post(f"/rivals/{rival.public_id}/edit/note", {"note": "Pricey"}, **PIECE).text


def test_who_may_only_see_the_sale_edits_no_part(world: World) -> None:
    need = world.managed_it.needs.all()[0]
    with writing():
        role = Role.objects.create(
            name="Reader", grants={"opportunity": {"see": "all"}, "organisation": {"see": "all"}}
        )
    change_role(system("test"), world.noah, role=role)
    reader, path = signed_in(world.noah), f"/needs/{need.public_id}/edit/text"
    assert reader.get(path, **PIECE).status_code == reader.post(path, {"text": "Mine"}, **PIECE).status_code == 403
    assert path not in reader.get(url_of(world.managed_it)).text


def test_quotes_are_noted_answered_and_proposed_to_the_closing(world: World, sam: Client) -> None:
    home, base = url_of(world.unplanned), f"/opportunities/{world.unplanned.public_id}"
    here = {"HTTP_REFERER": f"http://testserver{home}"}
    page = text_of(sam.post(f"{base}/record-quote", {"number": "Q-1", "amount": "1,250"}, follow=True, **here))
    assert "Sent the quote Q-1 for New practice fit-out." in page and "Q-1 £1,250" in page
    refused = sam.post(f"{base}/record-quote", {"number": "Q-1", "amount": "1e5"})
    assert refused.status_code == 422 and "“1e5” is no amount here" in text_of(refused)
    quote = world.unplanned.quotes.get()
    page = text_of(sam.get(f"/quotes/{quote.public_id}/edit"))
    assert "Correct the quote" in page and "Valid until" in page
    page = text_of(sam.post(f"/quotes/{quote.public_id}/accept", follow=True, **here))
    assert "accepted" in page
    assert 'value="1250"' in sam.get(f"{base}/close-won").content.decode()
    page = text_of(sam.post(f"/quotes/{quote.public_id}/remove", follow=True, **here))
    assert "Took the quote Q-1 off" in page and not world.unplanned.quotes.exists()
