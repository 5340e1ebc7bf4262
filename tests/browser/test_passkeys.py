"""A passkey in a real browser, on a virtual device: made, shown alone, shown as the second step, refused."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from fairlead.demo.world import World
from fairlead.models import Passkey
from fairlead.verbs.passwords import set_password
from tests.browser.conftest import PATIENCE, violations

GOOD = "rope through the ring"
DEVICE = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
DEVICE |= {"isUserVerified": True, "automaticPresenceSimulation": True}


@pytest.fixture
def page(chromium: Browser, world: World, live_server: Any) -> Iterator[Page]:
    set_password(world.sam.actor("web"), password=GOOD)
    context = chromium.new_context(base_url=live_server.url)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert [text for text in complaints if "status of 4" not in text] == []


@pytest.fixture
def device(page: Page) -> tuple[CDPSession, str]:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    return session, session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]


def test_a_passkey_is_made_and_signs_in(page: Page, world: World, device: tuple[CDPSession, str]) -> None:
    by_password(page, world.sam.email)
    page.goto("/settings/second-factor")
    assert violations(page) == []
    page.get_by_label("Name of the device").fill("Test phone")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_text("Keep these recovery codes")).to_be_visible()
    expect(page.locator(".codes li")).to_have_count(10)
    assert Passkey.objects.get().name == "Test phone" and violations(page) == []

    sign_out(page)
    assert violations(page) == []
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    sign_out(page)
    by_password(page, world.sam.email)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.locator("body[data-signed-out]")).to_have_count(0)

    sign_out(page)
    session, number = device
    session.send("WebAuthn.setUserVerified", {"authenticatorId": number, "isUserVerified": False})
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("No passkey was used")).to_be_visible()


def by_password(page: Page, email: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(GOOD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: not url.endswith("/sign-in"))


def sign_out(page: Page) -> None:
    page.goto("/settings/second-factor")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in*")
    page.goto("/sign-in?next=/settings/second-factor")
