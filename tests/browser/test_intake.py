"""From a visitor's form, written for Salesforce, to the lead; and the pages about arrivals at every width."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from fairlead.core.spool import Reader, Spool
from fairlead.demo.world import World
from fairlead.inbox import door, known, pace
from fairlead.models import Endpoint, Lead, Submission
from fairlead.verbs.endpoints import create_endpoint, edit_endpoint
from fairlead.verbs.mailboxes import create_mailbox
from fairlead.work import intake
from tests.browser.conftest import WIDTHS, violations
from tests.browser.test_lists import Opener, ready, visit  # noqa: F401
from tests.inbox.arrivals import SYSTEM, processed

FORM = """<!doctype html><title>Contact us</title><form action="{address}" method="post">
<input type="hidden" name="oid" value="00DF00000006tAk"><input type="hidden" name="retURL" value="{onward}">
<input type="hidden" name="lead_source" value="Contact page">
<label>First name <input name="first_name"></label><label>Last name <input name="last_name"></label>
<label>Email <input name="email" type="email"></label>
<label>Message <textarea name="00NF000000CGH3T"></textarea></label>
<button>Send</button></form>"""


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.SPOOL = tmp_path / "spool"
    monkeypatch.setattr(door, "SPOOL", Spool(settings.SPOOL))
    monkeypatch.setattr(intake, "_reader", Reader(settings.SPOOL))
    known.forget()
    pace.refill()


def test_a_salesforce_form_with_our_address_becomes_a_lead(
    spool: None,
    visit: Opener,  # noqa: F811
    world: World,
    chromium: Browser,
    tmp_path: Path,
) -> None:
    made = create_endpoint(SYSTEM, name="Old form", kind="salesforce", owner=world.sam)
    page = visit("/submissions", who=world.sam)
    host = page.url.partition("//")[2].partition("/")[0]
    edit_endpoint(SYSTEM, made.endpoint, return_hosts=[host.replace("127.0.0.1", "localhost")])
    site = tmp_path / "contact.html"
    onward = f"http://{host.replace('127.0.0.1', 'localhost')}/healthz"
    site.write_text(FORM.format(address=f"http://{host}/in/{made.address}", onward=onward))
    visitor = chromium.new_context().new_page()
    for goes_on in (True, False):
        visitor.goto(site.as_uri())
        visitor.get_by_label("First name").fill("Ann")
        visitor.get_by_label("Last name").fill("Lee")
        visitor.get_by_label("Email").fill("ann@new.example")
        visitor.get_by_label("Message").fill("Hello there")
        visitor.get_by_role("button", name="Send").click()
        if goes_on:
            visitor.wait_for_url(onward)
            edit_endpoint(SYSTEM, made.endpoint, return_hosts=[])
            known.forget()
        else:
            expect(visitor.get_by_role("heading")).to_have_text("Thank you")
    while intake.turn():
        pass
    lead = Lead.objects.get(email="ann@new.example")
    assert (lead.name, lead.message, str(lead.source)) == ("Ann Lee", "Hello there", "Contact page")
    page.goto("/leads?owner=me")
    ready(page).get_by_role("link", name="Ann Lee").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ann Lee")
    visitor.context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_page(
    visit: Opener,  # noqa: F811
    world: World,
    width: int,
    theme: str,
) -> None:
    at = Endpoint.objects.get(name="Website contact form")
    long = {"name": "N" * 80, "email": "n@new.example", "unbroken" * 12: "x" * 400, "utm_source": "news"}
    screens = [f"/submissions/{each.public_id}" for each in (processed(at, long), *Submission.objects.all()[:4])]
    screens += ["/submissions", "/submissions?state=spam", "/settings/endpoints", f"/settings/endpoints/{at.public_id}"]
    given = {"host": "imap.example.com", "username": "sales@us.example", "password": "secret", "endpoint": at}
    mailbox = create_mailbox(SYSTEM, name="Sales and service " * 4, **given)
    screens += ["/settings/mailboxes", f"/settings/mailboxes/{mailbox.public_id}"]
    page = visit("/submissions", width, theme, world.admin)
    for path in screens:
        page.goto(path)
        assert (path, violations(page)) == (path, [])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
