"""Settings, rights, audit, the API reference and the ways in, in a real browser: axe everywhere, a real provider."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from oidc_provider_mock import User as Somebody
from oidc_provider_mock import run_server_in_thread
from playwright.sync_api import Page, expect

from fairlead.demo.world import World
from fairlead.models import Identity, Person, Role
from fairlead.verbs.custom import create_field
from fairlead.verbs.roles import create_role
from tests.browser.conftest import WIDTHS, violations
from tests.browser.test_lists import Opener, visit

__all__ = ["visit"]
THEMES = ("light", "dark")


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the provider's own


@pytest.fixture
def provider(world: World, settings: Any) -> Iterator[None]:
    sam = Somebody(sub="sam", claims={"email": world.sam.email, "email_verified": True})
    with run_server_in_thread(require_nonce=True, user_claims=[sam]) as server:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID = f"http://localhost:{server.server_port}", "fairlead"
        settings.OIDC_CLIENT_SECRET, settings.OIDC_LABEL = "secret", "Northgate ID"
        yield


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_page(
    visit: Opener, provider: None, world: World, width: int, theme: str
) -> None:
    Identity.objects.create(user=world.sam, issuer="https://login.example", subject="sam", email=world.sam.email)
    page = visit("/settings", width, theme, who=world.admin)
    found = []
    for path in screens(world):
        page.goto(path)
        found += [f"{path} {each}" for each in violations(page)]
        if not page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
            found.append(f"{path} is wider than the page")
    assert found == [], chr(10).join(found)


def screens(world: World) -> list[str]:
    grants = {"lead": {"see": "own"}, "person": {"see": "team"}}
    role = create_role(world.admin.actor("web"), name="Apprentice", grants=grants)
    seller, sam = Role.objects.get(name="Seller"), f"/settings/people/{world.sam.public_id}"
    field = create_field(
        world.admin.actor("web"), noun="person", name="Tier", kind="choice", choices=["Gold", "Silver"], hint="How dear"
    )
    pages = "absences audit audit?door=web changes fields linked-account organisation password people roles schedules"
    pages += " second-factor sessions sign-in teams tokens"
    return [
        *(f"/settings/{name}" for name in pages.split()),
        f"/settings/fields/{field.public_id}",
        "/runs",
        f"/settings/roles/{role.public_id}",
        f"/settings/roles/{seller.public_id}",
        f"/leads/{world.joanna.public_id}/access",
        f"/people/{world.priya.public_id}/access",
        sam,
        f"{sam}/access",
        "/api/v1/?q=lead",
        "/api/v1/?q=zzz",
    ]


def test_axe_finds_nothing_in_the_whole_api_reference(visit: Opener) -> None:
    assert faults(visit("/api/v1/")) == []


def test_a_form_whose_session_ended_crosses_the_provider_and_is_sent(
    visit: Opener, provider: None, world: World
) -> None:
    page = signed_out(alone(visit("/people/new", who=world.sam)))
    page.locator("#main").get_by_label("Name", exact=True).fill("Nadia Typed")
    page.get_by_role("button", name="Add person").click()
    expect(page.get_by_role("heading", name="Sign in again")).to_be_visible()
    assert_fine_everywhere(page)
    page.get_by_role("button", name="Sign in with Northgate ID").click()
    page.get_by_role("button", name="sam", exact=True).click()
    expect(page.get_by_role("heading", name="Not sent yet")).to_be_visible()
    assert_fine_everywhere(page)
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_role("heading", name="Nadia Typed")).to_be_visible()
    assert Person.objects.filter(name="Nadia Typed").exists()


def test_the_provider_signs_in_by_a_link_and_says_no(visit: Opener, provider: None, world: World) -> None:
    page = signed_out(alone(visit("/settings", who=world.sam)))
    page.goto("/settings/sessions")
    assert_fine_everywhere(page)
    page.get_by_role("link", name="Sign in with Northgate ID").click()
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_text("Northgate ID did not let you in")).to_be_visible()
    assert_fine_everywhere(page)
    page.get_by_role("link", name="Try again with Northgate ID").click()
    page.get_by_role("button", name="sam", exact=True).click()
    expect(page.get_by_role("link", name="People").first).to_be_visible()
    page.goto("/settings/linked-account")
    expect(page.get_by_text("signs you in here")).to_be_visible()


def signed_out(page: Page) -> Page:
    """Once nothing is on its way any more: an answer that comes late brings its cookie back."""
    page.wait_for_load_state("networkidle")
    page.context.clear_cookies()
    return page


def alone(page: Page) -> Page:
    """Without the style sheet that the provider's page takes from elsewhere."""
    page.route(re.compile("^https://"), lambda route: route.fulfill(content_type="text/css", body=""))
    return page


def faults(page: Page) -> list[str]:
    """What axe finds, and whether the page is wider than its window."""
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return violations(page) + ["wider than the page"] * wide


def assert_fine_everywhere(page: Page) -> None:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": WIDTHS[width]})
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            assert (page.url, width, theme, faults(page)) == (page.url, width, theme, [])
