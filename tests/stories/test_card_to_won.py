"""From a business card to a won sale, stage by stage and through the doors: what an invoice needs is there at the end.

Sam works on pages; Lena, who stands in for him, by a program that calls REST. Nothing is entered twice.
"""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from fairlead.core import clock
from fairlead.core.event import Event
from fairlead.demo.world import World
from fairlead.models import (
    Closure,
    Company,
    ExitCriterion,
    Gap,
    Lead,
    Notice,
    Opportunity,
    Organisation,
    Person,
    Source,
    Stage,
    Task,
)
from fairlead.models.search import search
from fairlead.web.addresses import url_of
from tests.doors.api import Api
from tests.stories.told import deeds, last_act
from tests.web.test_records import signed_in, text_of

NEEDS = [
    {"text": "Signal on the saw line", "coverage": "Every 5 metres, 60 dB noise", "cost": "2900", "weight": "must"},
    {"text": "Spare link over the mobile network", "cost": "640", "weight": "should"},
]


class Story:
    """Sam's browser, Lena's program, and the lead with what becomes of it."""

    def __init__(self, world: World) -> None:
        self.world, self.browser, self.program = world, signed_in(world.sam), Api(world.lena)
        self.lead: Lead = None  # type: ignore[assignment]
        self.sale: Opportunity = None  # type: ignore[assignment]

    def page(self, record: Any, name: str = "", **given: Any) -> str:
        """What the page says after this deed on it; without one, what it says."""
        at = f"/{record.plural()}/{record.public_id}"
        if not name:
            return text_of(self.browser.get(at, follow=True))
        return text_of(self.browser.post(f"{at}/{name}", given, follow=True, HTTP_REFERER=f"http://testserver{at}"))

    def rest(self, deed: str, **given: Any) -> Any:
        """The deed on the sale by Lena's program."""
        return self.program.post(f"/opportunities/{self.sale.public_id}/{deed}", given)["result"]

    def now(self) -> Opportunity:
        return Opportunity.objects.select_related("company", "person", "stage").get(pk=self.sale.pk)


@pytest.fixture
def story(world: World) -> Story:
    return Story(world)


def test_from_the_card_to_a_sale_that_can_be_invoiced(story: Story) -> None:
    """V1 to V8 in the order in which they happen; each step begins with what the one before it has left."""
    entered_once(story)
    talked_to(story)
    qualified(story)
    developed(story)
    proposed(story)
    closed(story)
    used_again(story)


def entered_once(story: Story) -> None:
    """V1, V2: the card is typed in once; who types it again is shown the one that is there."""
    show = Source.objects.get(name="Trade show").public_id
    card = {"name": "Aoife Byrne", "company_name": "Byrne Sawmill", "email": "aoife@byrnesawmill.example"}
    card |= {"phone": "028 9018 0222", "title": "Owner", "interest": "Network for the new hall"}
    answer = story.browser.post("/leads/new", card | {"lead_type": "event", "source": show, "token": "card"})
    story.lead = Lead.objects.get(name="Aoife Byrne")
    assert answer.status_code == 303 and answer["Location"].startswith(f"/leads/{story.lead.public_id}")
    again = story.browser.post("/leads/new", card | {"token": "the same card, from the other pocket"})
    assert again.status_code == 409 and "Byrne Sawmill" in text_of(again)
    assert list(search(story.world.lena.actor("api"), "+44 28 9018 0222")) == [story.lead]
    assert story.lead.owner == story.world.sam and str(story.lead.source) == "Trade show"


def talked_to(story: Story) -> None:
    """The call of the next morning is logged with its next step, which is the lead's until it is done."""
    step = {"next_step": "Visit the sawmill", "on": "tomorrow"}
    assert "Call logged. Next:" in story.page(story.lead, "log", kind="call", text="Two halls, one mast.", **step)
    story.lead.refresh_from_db()
    visit = Task.objects.get(title="Visit the sawmill")
    assert (visit.lead, visit.assignee, story.lead.next_step_at) == (story.lead, story.world.sam, visit.due_at)
    story.program.patch(f"/leads/{story.lead.public_id}", {"street": "1 Mill Road", "city": "Antrim", "country": "GB"})


def qualified(story: Story) -> None:
    """V3: interest and purchasing power are asked for; the lead becomes company, person and opportunity in one act."""
    new = dict.fromkeys(("company", "person", "opportunity"), "new") | {"opportunity.amount": "14.2k"}
    asked = story.page(story.lead, "qualify", **new)
    assert "Say in one line why it goes on without: Need confirmed, They can pay for it." in asked
    ticks = ExitCriterion.objects.filter(text__in=["Need confirmed", "They can pay for it", "Time frame known"])
    assert "Aoife Byrne qualified: " in story.page(
        story.lead, "qualify", **new, **{f"tick.{each.public_id}": "on" for each in ticks}
    )
    story.lead.refresh_from_db()
    assert story.lead.opportunity is not None
    story.sale = story.lead.opportunity
    sale = story.now()
    assert (sale.title, sale.stage.name, sale.amount) == ("Network for the new hall", "Develop", Decimal(14200))
    assert (sale.company, sale.person, sale.source) == (story.lead.company, story.lead.person, story.lead.source)
    assert Task.objects.get(title="Visit the sawmill").opportunity == sale and sale.next_step_at is not None
    became = {noun: getattr(story.lead, noun).public_id for noun in ("company", "person", "opportunity")}
    again = story.program.post(f"/leads/{story.lead.public_id}/qualify", became)
    assert again["changed"] is False and not Gap.objects.filter(opportunity=sale).exists()


def developed(story: Story) -> None:
    """V4, V8: what is missing stands on the page and ticks itself; people, rivals, team and solution are found out."""
    to_do = "To leave Develop Needs listed Solution written down Who decides is named Technical person on the team"
    assert to_do in story.page(story.sale)
    visit = Task.objects.get(title="Visit the sawmill")
    assert "Did “Visit the sawmill”." in story.page(visit, "done", outcome="Seen both halls")
    story.rest("log-meeting", text="Cable run is 90 metres, needs fibre.", next_step="Send the plan", next_on=day(2))
    aoife = story.now().person
    assert aoife is not None
    story.rest("add-stakeholder", person=aoife.public_id, role="decides", note="Signs alone")
    story.page(story.sale, "stakeholders", person="Niall Byrne", role="uses")
    assert Person.objects.get(name="Niall Byrne").company == story.now().company
    rival = story.program.get("/competitors")["items"][0]
    story.rest("add-rival", competitor=rival["id"], note="Was there last week")
    assert f"Listed Corvus Telecom as a competitor for {story.sale}." in story.page(
        story.sale, "add-rival", new_competitor="Corvus Telecom"
    )
    story.page(story.sale, "add-team-member", user=story.world.dele.public_id, role="Technical")
    assert Notice.objects.filter(user=story.world.dele, opportunity=story.sale, kind="team").exists()
    assert str(story.sale) in text_of(signed_in(story.world.dele).get("/"))
    refused = story.program.send("POST", f"/opportunities/{story.sale.public_id}/move-stage", move("Propose"))
    assert refused.status_code == 422 and "Needs listed, Solution written down" in refused.json()["errors"]["reason"][0]
    words = {"solution": "Fibre between the halls, eleven access points, one mast."}
    assert "Solution saved." in story.page(story.sale, "edit/solution", **words)


def proposed(story: Story) -> None:
    """V5: needs with coverage and cost; with them the stage is left without a gap, and the proposal is sent."""
    for need in NEEDS:
        story.rest("add-need", **need)
    assert "Signal on the saw line Every 5 metres, 60 dB noise · £2,900 Must" in story.page(story.sale)
    sale = story.now()
    assert (sale.criteria_met, sale.criteria_of) == (4, 4)
    assert story.rest("move-stage", stage=stage("Propose").public_id)["stage"]["label"] == "Propose"
    story.program.patch(f"/opportunities/{story.sale.public_id}", {"amount": "13900.50", "close_on": day(9)})
    paper = SimpleUploadedFile("proposal.pdf", b"%PDF-1.7 Network", "application/pdf")
    assert "proposal.pdf" in story.page(story.sale, "files", upload=paper)
    story.page(story.sale, "log", kind="mail", text="Proposal sent to Aoife.", next_step="Call Aoife", on="tomorrow")
    assert story.rest("record-quote", number="B-1", amount="13750.25")["currency"] == "GBP"
    assert story.now().criteria_met == 1
    seen = ExitCriterion.objects.get(text="Decision maker has seen it")
    asked = story.page(story.sale, "move-stage", stage=stage("Close").public_id)
    assert "Missing to leave Propose: Decision maker has seen it. Write one line on why you move on." in asked
    assert "Ticked “Decision maker has seen it”" in story.page(story.sale, "tick-criterion", criterion=seen.public_id)
    moved = story.browser.post("/pipeline/move", {"opportunity": sale.public_id, "stage": stage("Close").public_id})
    assert moved.status_code == 303 and story.now().stage.name == "Close"
    assert not Gap.objects.filter(opportunity=sale).exists()


def closed(story: Story) -> None:
    """V6: won by REST, taken back on the page and won again: one closure counts, and everybody is told once."""
    worth = {"amount": "13750.25", "on": day(0), "note": "Two instalments, first on delivery"}
    assert story.rest("close-won", **worth)["state"] == "won"
    taken_back = story.program.post("/verbs/undo", {"act": str(last_act())})
    assert taken_back["changed"] and story.now().is_open and not Closure.objects.filter(opportunity=story.sale).exists()
    assert Task.objects.open().filter(opportunity=story.sale).count() == 2
    story.browser.post(f"/quotes/{story.sale.quotes.get().public_id}/accept")
    words = story.page(story.sale, "close-won", on="today", note=worth["note"])
    assert "Won on" in words and "Value £14,200 → £13,900.50" in words and "£13,750.25" in words
    assert not Task.objects.open().filter(opportunity=story.sale).exists()
    assert Notice.objects.filter(opportunity=story.sale, kind="won", user=story.world.dele).count() == 1
    story.program.patch(f"/companies/{company(story).public_id}", {"tax_id": "GB 980 7806 84"})
    assert "Legal name saved." in story.page(company(story), "edit/legal_name", legal_name="Byrne Sawmill Ltd")
    to_invoice(story)


def to_invoice(story: Story) -> None:
    """Who pays, where it is sent, what for, how much, from when: each entered once, all of it on the won sale."""
    sale, closure = story.now(), Closure.objects.get(opportunity=story.sale)
    buyer, contact = sale.company, sale.person
    assert buyer is not None and contact is not None
    assert (buyer.legal_name, buyer.tax_id) == ("Byrne Sawmill Ltd", "GB 980 7806 84")
    assert str(buyer.addresses.get()) == "1 Mill Road, Antrim, GB"
    assert [each.address for each in contact.mails.all()] == ["aoife@byrnesawmill.example"]
    assert (closure.outcome, closure.amount, closure.currency) == ("won", Decimal("13750.25"), "GBP")
    assert closure.on == clock.today(story.world.sam.tz) and closure.note == "Two instalments, first on delivery"
    costs = [(each["text"], each["cost"]) for each in story.program.get("/needs", opportunity=sale.public_id)["items"]]
    assert sorted(costs) == sorted((each["text"], f"{each['cost']}.00") for each in NEEDS)
    assert sale.amount == Decimal("13900.50")  # what was asked stays beside what was agreed


def used_again(story: Story) -> None:
    """V7: one history wherever it is read, the card's address still leads there, the next sale begins with it."""
    told = deeds(story.sale)
    assert told[0] == "Sam Whitlock added the lead Aoife Byrne" and "Sam Whitlock called Aoife Byrne" in told
    assert told == deeds(story.lead) and set(told) <= set(deeds(company(story)))
    for record in (story.lead, company(story), story.sale.person, story.sale):
        plural = record.plural()  # type: ignore[union-attr]
        items = story.program.get(f"/{plural}/{record.public_id}/timeline", limit=200)["items"]  # type: ignore[union-attr]
        assert {"qualify_lead", "move_stage", "close_won"} <= {each["verb"] for each in items}
    assert "Became" in story.page(story.lead) and url_of(story.sale) in href(story.browser, url_of(story.lead))
    new = {"title": "Network for the yard", "company": "Byrne Sawmill", "person": "Aoife Byrne", "amount": "9k"}
    story.browser.post("/opportunities/new", new)
    yard = Opportunity.objects.get(title="Network for the yard")
    assert (yard.company, yard.person) == (company(story), story.sale.person)
    assert (
        Company.objects.filter(name="Byrne Sawmill").count() == Person.objects.filter(name="Aoife Byrne").count() == 1
    )
    assert Event.objects.filter(verb="create_lead", links__kind="lead", links__record_id=story.lead.pk).count() == 1


def company(story: Story) -> Company:
    found = story.now().company
    assert found is not None
    return found


def stage(name: str) -> Stage:
    return Stage.objects.get(pipeline__name="Sales", name=name)


def move(name: str) -> str:
    return f'{{"stage": "{stage(name).public_id}"}}'


def day(ahead: int) -> str:
    return (clock.today(Organisation.ours().tz) + timedelta(days=ahead)).isoformat()


def href(browser: Client, path: str) -> set[str]:
    return set(re.findall(r'href="([^"]+)"', browser.get(path).content.decode()))
