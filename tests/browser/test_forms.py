"""From a form of each kind, as a visitor sees it, to the lead and its mail; and building one, at every width."""

import re
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import Browser, BrowserContext, expect

from fairlead.core.outbox import carry_out, claim
from fairlead.core.spool import Reader, Spool
from fairlead.demo.world import World
from fairlead.inbox import door, pace, published
from fairlead.models import Form, Lead, Occasion, Registration
from fairlead.verbs.forms import edit_form
from fairlead.verbs.occasions import edit_occasion
from fairlead.work import intake
from fairlead.work import mail as _sending  # noqa: F401
from tests.browser.conftest import WIDTHS, violations
from tests.browser.test_lists import Opener, ready, visit  # noqa: F401
from tests.inbox.arrivals import SYSTEM

SITE = """<!doctype html><title>Our shop</title><h1>Our shop</h1><script src="{form}/embed.js" async></script>"""


@pytest.fixture(autouse=True)
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.SPOOL, settings.PUBLISHED = tmp_path / "spool", tmp_path / "published"
    monkeypatch.setattr(door, "SPOOL", Spool(settings.SPOOL))
    monkeypatch.setattr(intake, "_reader", Reader(settings.SPOOL))
    published.forget()
    pace.refill()


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[BrowserContext]:
    """Somebody on a phone whose browser runs no scripts."""
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    yield context
    context.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A site of somebody else's: its address and its folder."""
    folder = tmp_path / "site"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}", folder
    server.shutdown()
    server.server_close()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: Any) -> None:
        """Says nothing."""


def arrived() -> None:
    while intake.turn():
        pass
    mail.outbox.clear()
    for row in claim("test", most=50):
        carry_out(row)


def patient() -> None:
    for form in Form.objects.all():
        edit_form(SYSTEM, form, least_seconds=0)


def test_each_kind_of_form_becomes_a_lead_without_a_script(
    visit: Opener,  # noqa: F811
    world: World,
    visitor: BrowserContext,
) -> None:
    patient()
    mine = visit("/forms", who=world.admin)
    host = mine.url.partition("/forms")[0]
    page = visitor.new_page()
    page.goto(f"{host}/f/contact-us?lang=de&utm_source=news")
    page.get_by_label("Ihr Name").fill("Ann Lee")
    page.get_by_label("E-Mail").fill("ann at home")
    page.get_by_label("Worum geht es?").select_option("Backup")
    page.get_by_role("button", name="Nachricht senden").click()
    expect(page.get_by_role("alert")).to_contain_text("Ihre Eingaben sind noch da")
    expect(page.get_by_label("Ihr Name")).to_have_value("Ann Lee")
    assert violations_without_script(page) == []
    page.get_by_label("E-Mail").fill("ann@new.example")
    page.get_by_label("Nachricht").fill("Guten Tag")
    page.get_by_role("button", name="Nachricht senden").click()
    expect(page.get_by_role("heading")).to_have_text("Vielen Dank")

    page.goto(f"{host}/f/backup-trial")
    page.get_by_label("Name").fill("Ben Ray")
    page.get_by_label("E-mail").fill("ben@new.example")
    page.get_by_label("Company").fill("Ray Ltd")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading")).to_have_text("Thank you")

    edit_occasion(SYSTEM, Occasion.objects.get(), capacity=1)
    for name in ("Cat", "Dan"):
        published.forget()
        page.goto(f"{host}/f/security-seminar")
        page.get_by_label("Name").fill(name)
        page.get_by_label("E-mail").fill(f"{name.lower()}@new.example")
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("heading")).to_have_text("Thank you")
        arrived()
    found = Lead.objects.filter(email__endswith="@new.example").order_by("email")
    assert [(lead.name, lead.lead_type) for lead in found] == [
        ("Ann Lee", "inquiry"),
        ("Ben Ray", "trial"),
        ("Cat", "event"),
        ("Dan", "event"),
    ]
    assert found[0].origin["utm_source"] == "news" and found[0].interest == "Backup"
    assert list(Registration.objects.order_by("pk").values_list("state", flat=True)) == ["placed", "full"]
    mine.goto(f"/events/{Occasion.objects.get().public_id}")
    expect(ready(mine).get_by_role("row", name=re.compile("Dan"))).to_contain_text("No place left")
    expect(mine.locator("main")).to_contain_text("1 of 1 places taken")


def violations_without_script(page: Any) -> list[str]:
    """What can be told without axe: each control has a name, and nothing is wider than the page."""
    unnamed = (
        "[...document.querySelectorAll('input:not([type=hidden]), select, textarea')].filter(e => !e.labels.length)"
    )
    wide = "document.documentElement.scrollWidth > innerWidth"
    return [*page.evaluate(f"{unnamed}.map(e => e.name)"), *(["too wide"] if page.evaluate(wide) else [])]


def test_a_form_on_another_site_by_one_script_tag(
    visit: Opener,  # noqa: F811
    world: World,
    chromium: Browser,
    site: tuple[str, Path],
) -> None:
    patient()
    mine = visit("/forms", who=world.admin)
    host = mine.url.partition("/forms")[0]
    shop, folder = site
    (folder / "index.html").write_text(SITE.format(form=f"{host}/f/contact-us"))
    page = chromium.new_context().new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(shop)  # which is not named yet
    while not any("frame-ancestors" in text for text in said):
        page.wait_for_event("console")
    edit_form(SYSTEM, Form.objects.get(address="contact-us"), origins=[shop])
    published.forget()
    page.goto(f"{shop}/?gclid=g7")
    inside = page.frame_locator("iframe")
    inside.get_by_label("Name").fill("Eve")
    inside.get_by_label("E-mail").fill("eve@new.example")
    inside.get_by_label("Message").fill("From the shop")
    page.wait_for_function("document.querySelector('iframe').height != 600")
    inside.get_by_role("button", name="Send message").dblclick()
    expect(inside.get_by_role("heading")).to_have_text("Thank you")
    arrived()
    lead = Lead.objects.get(email="eve@new.example")
    assert lead.origin["gclid"] == "g7" and lead.origin["page_url"] == f"{shop}/" and lead.submissions.count() == 1
    page.context.close()


def test_building_a_form_with_the_keys_and_by_dragging(visit: Opener, world: World) -> None:  # noqa: F811
    page = visit("/forms", who=world.admin)
    page.get_by_label("Name").fill("Ask for a quote")
    page.get_by_role("button", name="Make form").click()
    ready(page).get_by_text("Add a field").click()
    page.get_by_label("Label").fill("How many desks?")
    page.get_by_role("button", name="Add field").click()
    grip = ready(page).get_by_role("button", name=re.compile("Move How many desks.: drag"))
    grip.press("ArrowUp")
    expect(page.locator(".asked li").nth(4)).to_contain_text("How many desks?")
    grip = ready(page).get_by_role("button", name=re.compile("Move How many desks.: drag"))
    first = page.locator(".asked li").first.bounding_box()
    assert first is not None
    grip.hover()
    page.mouse.down()
    page.mouse.move(first["x"] + 20, first["y"] + 4, steps=6)
    page.mouse.up()
    expect(page.locator(".asked li").first).to_contain_text("How many desks?")
    ready(page).get_by_label("Title").fill("Your quote")
    shown = page.frame_locator("#preview")
    expect(shown.get_by_role("heading", level=1)).to_have_text("Your quote")
    expect(shown.locator("label").first).to_contain_text("How many desks?")
    page.get_by_role("button", name="Save form").click()
    ready(page).get_by_role("button", name="Publish").click()
    expect(ready(page).locator(".head")).to_contain_text("Published")
    made = Form.objects.get(name="Ask for a quote")
    assert (made.title, made.fields[0]["key"]) == ("Your quote", "how_many_desks") and made.is_published


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_page(
    visit: Opener,  # noqa: F811
    world: World,
    width: int,
    theme: str,
) -> None:
    form, event = Form.objects.get(address="contact-us"), Occasion.objects.get()
    edit_form(SYSTEM, form, consent_required=True, double_opt_in=True, least_seconds=0)
    at = f"/forms/{form.public_id}"
    inner = ["/forms", at, f"{at}/fields/what_is_it_about", f"{at}/languages/ar"]
    inner += ["/events", "/events/new", f"/events/{event.public_id}", f"/events/{event.public_id}/edit"]
    outer = ["/f/contact-us", "/f/contact-us?lang=de", "/f/security-seminar?embed=1", "/f/contact-us/thanks", "/f/none"]
    page = visit("/forms", width, theme, world.admin)
    for path in [*inner, *outer]:
        page.goto(path)
        assert (path, violations(page)) == (path, [])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    page.goto("/f/contact-us")
    page.get_by_role("button", name="Send message").click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert violations(page) == [] and page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_link_in_the_mail_confirms(visit: Opener, world: World, chromium: Browser) -> None:  # noqa: F811
    patient()
    edit_form(SYSTEM, Form.objects.get(address="contact-us"), double_opt_in=True)
    host = visit("/forms", who=world.admin).url.partition("/forms")[0]
    page = chromium.new_context().new_page()
    page.goto(f"{host}/f/contact-us")
    page.get_by_label("Name").fill("Fay")
    page.get_by_label("E-mail").fill("fay@new.example")
    page.get_by_label("Message").fill("Hello")
    page.get_by_role("button", name="Send message").click()
    expect(page.get_by_role("heading")).to_have_text("Look into your mail")
    arrived()
    (asked,) = [each for each in mail.outbox if each.to == ["fay@new.example"]]
    page.goto(host + re.search(r"(/f/\S+)", str(asked.body))[1])  # type: ignore[index]
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading")).to_have_text("Confirmed")
    assert Lead.objects.filter(email="fay@new.example").exists()
    page.context.close()
