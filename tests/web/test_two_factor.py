"""Signing in in two steps: the authenticator app, recovery codes, roles that need them, and no way around."""

import html
import re
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from django.test import Client

from fairlead.cli.links import sign_in_link
from fairlead.core import clock
from fairlead.core.actor import system
from fairlead.core.errors import NotAllowed, WrongState
from fairlead.core.event import Event
from fairlead.core.sealed import seal, unseal
from fairlead.core.verb import tell
from fairlead.demo.world import World
from fairlead.models import Attempt, Authenticator, RecoveryCode, Role, Session, Token, User
from fairlead.verbs import second_factors
from fairlead.verbs.passwords import ask_for_password_link, set_password
from fairlead.verbs.tokens import create_token
from fairlead.verbs.users import deactivate_user
from fairlead.web.sessions import SessionStore
from tests.web.test_sign_in import GOOD, enter, mailed_link, sam, signed_in

__all__ = ["sam"]
APP = "/settings/second-factor/app"


def now_code(secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(clock.now() + timedelta(seconds=30 * steps))


def set_up(client: Client) -> tuple[str, list[str]]:
    """Scan, type, keep: the app's secret and the recovery codes."""
    page = client.get(APP).content.decode()
    secret = re.search(r'<code class="secret">(\w+)<', page)
    assert secret is not None
    answer = client.post(APP, {"code": now_code(secret[1])})
    assert answer.status_code in {200, 303}
    return secret[1], re.findall(r"<li><code>([\w-]+)</code>", answer.content.decode())


@pytest.fixture
def strong(client: Client, sam: User) -> tuple[str, list[str]]:
    assert enter(client, sam.email) == 303
    return set_up(client)


def second(client: Client, code: str) -> int:
    return client.post("/sign-in/second", {"code": code}).status_code


def test_an_app_is_set_up_by_showing_that_it_has_the_key(client: Client, sam: User) -> None:
    other = Client()
    assert enter(other, sam.email) == enter(client, sam.email) == 303
    page = client.get(APP).content.decode()
    assert '<svg class="qr"' in page and "style=" not in page
    assert client.post(APP, {"code": "000000"}).status_code == 422 and not Authenticator.objects.exists()
    secret, codes = set_up(client)
    assert secret in page and len(set(codes)) == 10
    assert signed_in(client) and not signed_in(other)
    later = client.get("/settings/second-factor").content.decode()
    assert "10 of 10 left" in later and secret not in later and secret not in client.get(APP).content.decode()


def test_the_password_alone_opens_nothing_then(client: Client, sam: User, strong: tuple[str, list[str]]) -> None:
    fresh = Client()
    answer = fresh.post("/sign-in", {"email": sam.email, "password": GOOD, "next": "/people"})
    assert answer.headers["Location"] == "/sign-in/second" and not signed_in(fresh)
    assert "One more step" in fresh.get("/sign-in/second").content.decode()
    for wrong in ("", "000000", now_code(strong[0], -3), now_code(strong[0], 3), "\x00", "١٢٣٤٥٦"):
        assert second(fresh, wrong) == 422 and not signed_in(fresh)
    answer = fresh.post("/sign-in/second", {"code": now_code(strong[0], 1)})
    assert answer.headers["Location"] == "/people" and signed_in(fresh)
    assert fresh.get("/sign-in/second").headers["Location"] == "/sign-in"


def test_a_code_works_once(sam: User, strong: tuple[str, list[str]]) -> None:
    code = now_code(strong[0], 1)
    first, again = Client(), Client()
    assert enter(first, sam.email) == enter(again, sam.email) == 303
    assert (second(first, code), second(again, code)) == (303, 422)
    assert second(again, now_code(strong[0])) == 422  # the one before it, too


def test_a_recovery_code_works_once_and_is_told(sam: User, strong: tuple[str, list[str]]) -> None:
    code = strong[1][0].upper().replace("-", " ")
    first, again = Client(), Client()
    assert enter(first, sam.email) == enter(again, sam.email) == 303
    assert (second(first, code), second(again, code)) == (303, 422)
    assert RecoveryCode.objects.count() == 9
    assert Event.objects.latest("pk").verb == "spend_recovery_code"


def test_new_recovery_codes_end_the_earlier_ones(client: Client, sam: User, strong: tuple[str, list[str]]) -> None:
    renewed = client.post("/settings/second-factor/codes").content.decode()
    fresh = Client()
    enter(fresh, sam.email)
    assert second(fresh, strong[1][0]) == 422
    assert second(fresh, re.findall(r"<li><code>([\w-]+)</code>", renewed)[9]) == 303


def test_no_link_leads_around_it(sam: User, strong: tuple[str, list[str]], settings: Any) -> None:
    token = sign_in_link(sam.email).partition("token=")[2]
    by_link = Client()
    assert by_link.post("/sign-in/link", {"token": token}).headers["Location"] == "/sign-in/second"
    ask_for_password_link(sam.actor("web"))
    given = {"token": mailed_link(sam).partition("token=")[2], "password": "another rope and ring"}
    by_reset = Client()
    assert by_reset.post("/password", given).headers["Location"] == "/sign-in/second"
    assert not signed_in(by_link) and not signed_in(by_reset)
    settings.LINK_IS_STRONG = True
    token = sign_in_link(sam.email).partition("token=")[2]
    assert by_link.post("/sign-in/link", {"token": token}).headers["Location"] == "/" and signed_in(by_link)


def test_the_second_step_waits_ten_minutes_for_the_same_password(sam: User, strong: tuple[str, list[str]]) -> None:
    slow, changed, gone = Client(), Client(), Client()
    for each in (slow, changed, gone):
        assert enter(each, sam.email) == 303
    with clock.at(clock.now() + timedelta(minutes=11)):
        assert slow.get("/sign-in/second").status_code == 303
        assert second(slow, now_code(strong[0])) == 303 and not signed_in(slow)
    set_password(sam.actor("web"), password=GOOD + "s", current_password=GOOD)
    assert second(changed, now_code(strong[0], 1)) == 303 and not signed_in(changed)
    deactivate_user(system("test"), sam)
    assert second(gone, now_code(strong[0], 1)) == 303 and not signed_in(gone)


def test_guessing_codes_is_slowed_down_like_guessing_passwords(sam: User, strong: tuple[str, list[str]]) -> None:
    Attempt.objects.all().delete()
    for number in range(10):
        guessing = Client(REMOTE_ADDR=f"192.0.2.{number}")
        assert enter(guessing, sam.email) == 303 and second(guessing, "000000") == 422
    assert second(guessing, now_code(strong[0], 1)) == 429
    assert enter(Client(REMOTE_ADDR="198.51.100.1"), sam.email) == 429


def test_a_form_kept_from_before_crosses_both_steps(sam: User, strong: tuple[str, list[str]]) -> None:
    fresh = Client()
    away = fresh.post("/people/new", {"name": "Nadia Typed"})
    kept = html.unescape(re.search(r'name="kept" value="([^"]*)"', away.content.decode())[1])  # type: ignore[index]
    answer = fresh.post("/sign-in", {"email": sam.email, "password": GOOD, "kept": kept})
    assert answer.headers["Location"] == "/sign-in/second" and not signed_in(fresh)
    offered = fresh.post("/sign-in/second", {"code": now_code(strong[0], 1)})
    assert offered.status_code == 200 and "Nadia Typed" in offered.content.decode() and signed_in(fresh)


def test_the_app_is_removed_and_its_codes_with_it(client: Client, sam: User, strong: tuple[str, list[str]]) -> None:
    assert client.post(APP + "/remove").status_code == 303
    assert not RecoveryCode.objects.exists() and not Authenticator.objects.exists()
    assert client.post("/settings/second-factor/codes").status_code == 409
    assert enter(client, sam.email) == 303 and signed_in(client)


def test_changing_it_takes_a_sign_in_of_the_last_quarter(client: Client, sam: User, strong: Any) -> None:
    with clock.at(clock.now() + timedelta(minutes=16)):
        for address in (APP, APP + "/remove", "/settings/second-factor/codes"):
            answer = client.post(address, {"code": "000000"})
            assert answer.status_code == 401 and "Sign in again" in answer.content.decode()
        assert "Sign in again" in client.get(APP).content.decode()
        assert Authenticator.objects.exists() and RecoveryCode.objects.count() == 10
        back = client.post("/settings/second-factor/again").headers["Location"]
        assert back == "/sign-in?next=/settings/second-factor" and not signed_in(client)


def test_a_role_that_needs_one_opens_nothing_else_without(client: Client, world: World, sam: User) -> None:
    boss, seller = Client(), sam.role
    boss.force_login(world.admin)
    enter(client, sam.email)
    assert signed_in(client)
    rules = boss.get("/settings/sign-in").content.decode()
    assert "Require it of Seller" in rules and "password or link alone" in rules
    assert boss.post(f"/settings/sign-in/roles/{seller.public_id}", {"required": "on"}).status_code == 303
    for address in ("/", "/people", f"/leads/{world.joanna.public_id}", "/settings/tokens", "/settings/password"):
        assert client.get(address).headers["Location"] == "/settings/second-factor", address
    assert client.post("/settings/tokens", {"name": "x", "scope": "write", "days": "30"}).status_code == 302
    assert not Token.objects.filter(user=sam).exists()
    part = client.get("/people", headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert (part.status_code, part.headers["HX-Redirect"]) == (401, "/settings/second-factor")
    assert "Your role needs a second factor" in client.get("/settings/second-factor").content.decode()
    set_up(client)
    assert client.get("/people").status_code == 200
    assert client.post(APP + "/remove").status_code == 409 and Authenticator.objects.exists()
    boss.post(f"/settings/sign-in/roles/{seller.public_id}", {})
    assert not Role.objects.get(pk=seller.pk).second_factor and client.post(APP + "/remove").status_code == 303


def test_an_administrator_lets_in_who_lost_everything(client: Client, world: World, sam: User, strong: Any) -> None:
    client_of_mira, boss = Client(), Client()
    client_of_mira.force_login(world.mira)
    assert client_of_mira.post(f"/settings/sign-in/people/{sam.public_id}/reset").status_code == 403
    boss.force_login(world.admin)
    assert "second factor set up" in boss.get("/settings/sign-in").content.decode()
    assert boss.post(f"/settings/sign-in/people/{sam.public_id}/reset").status_code == 303
    assert not Session.objects.filter(user=sam).exists() and not RecoveryCode.objects.exists()
    assert enter(client, sam.email) == 303 and signed_in(client)


def test_tokens_change_nothing_of_it(world: World, sam: User) -> None:
    secret = pyotp.random_base32()
    made = create_token(world.admin.actor("web"), name="all", scopes=["read", "write"]).token
    by = Token.objects.get(pk=made.pk).actor("api")
    for deed in (
        lambda: second_factors.add_authenticator(by, secret=secret, code=now_code(secret)),
        lambda: second_factors.remove_authenticator(by),
        lambda: second_factors.renew_recovery_codes(by),
        lambda: second_factors.spend_recovery_code(by, code="x"),
        lambda: second_factors.reset_second_factor(by, sam),
    ):
        with pytest.raises(NotAllowed):
            deed()
    with pytest.raises(WrongState):
        second_factors.renew_recovery_codes(sam.actor("web"))
    assert not Authenticator.objects.exists()


def test_no_secret_is_readable_in_the_database_or_in_an_event(sam: User, strong: tuple[str, list[str]]) -> None:
    secret, codes = strong
    kept = Authenticator.objects.get()
    assert secret not in kept.sealed and unseal(kept.sealed) == secret
    told = "".join(str(row) for row in Event.objects.values())
    for each in (secret, codes[0], codes[0].replace("-", ""), kept.sealed):
        assert each not in told
    assert not RecoveryCode.objects.filter(hashed__contains=codes[0].replace("-", "")).exists()
    assert "set up an authenticator app" in told_of(sam)


def test_the_key_on_offer_is_sealed_in_the_session(client: Client, sam: User) -> None:
    enter(client, sam.email)
    page = client.get(APP).content.decode()
    kept = str(SessionStore().decode(Session.objects.get().session_data))
    assert "authenticator" in kept
    assert all(word not in kept for word in re.findall(r'<code class="secret">(\w+)<', page))


def test_with_another_key_the_seal_stays_shut(settings: Any, sam: User, strong: tuple[str, list[str]]) -> None:
    sealed = seal("word")
    assert unseal(sealed) == "word" and unseal(sealed[:-2]) is None and unseal("") is None
    settings.SECRET_KEY = "another"
    assert unseal(sealed) is None and not Authenticator.objects.get().takes(now_code(strong[0], 1))


def told_of(user: User) -> str:
    event = Event.objects.filter(verb="add_authenticator", by_user_id=user.pk).latest("pk")
    return "".join(part.text for part in tell(event))
