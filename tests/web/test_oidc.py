"""Signing in at the organisation's provider: who is let in, what an answer must prove, and what it never opens."""

import html
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.test import Client
from joserfc.jwk import RSAKey
from oidc_provider_mock import User as Somebody
from oidc_provider_mock import run_server_in_thread

from fairlead.cli.links import sign_in_link
from fairlead.core import clock
from fairlead.core.errors import NotAllowed, WrongState
from fairlead.core.event import Event
from fairlead.core.outbox import Outbox
from fairlead.core.verb import tell
from fairlead.demo.world import World
from fairlead.models import Attempt, Authenticator, Identity, Role, Session, Token, User
from fairlead.verbs import identities
from fairlead.verbs.passwords import ask_for_link, set_password
from fairlead.verbs.tokens import create_token
from fairlead.verbs.users import deactivate_user, invite_user
from tests.web.provider import CLIENT, NEXT_KEY, SECRET, Provider, forged, running

GOOD = "rope through the ring"
SAM = "sam@northgate.example"


@pytest.fixture
def provider(world: World, settings: Any) -> Iterator[Provider]:
    with running() as provider:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = provider.issuer, CLIENT, SECRET
        settings.OIDC_LABEL = "Northgate ID"
        yield provider


def signed_in(client: Client) -> User | None:
    return User.objects.filter(pk=client.session.get("_auth_user_id")).first()


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def test_a_user_is_known_by_the_verified_address_and_then_by_the_account(world: World, provider: Provider) -> None:
    first, later = Client(), Client()
    assert "Sign in with Northgate ID" in text(first.get("/sign-in"))
    answer = provider.sign_in(first, "/people?q=x", email=SAM.upper())
    assert (answer.status_code, answer.headers["Location"]) == (303, "/people?q=x")
    assert signed_in(first) == world.sam and not Attempt.objects.exists()
    asked = provider.asked
    assert asked["response_type"] == "code" and asked["scope"] == "openid email profile"
    assert asked["redirect_uri"] == "http://testserver/sign-in/provider/back" and "prompt" not in asked
    event = Event.objects.get(verb="link_identity")
    assert "".join(part.text for part in tell(event)) == "Sam Whitlock linked their account at Northgate ID"
    provider.sign_in(later, email="renamed@northgate.example", email_verified=None)
    assert signed_in(later) == world.sam and Identity.objects.get().email == SAM
    assert Event.objects.filter(verb="link_identity").count() == 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_real_provider_lets_in_and_refuses(world: World, settings: Any, client: Client) -> None:
    sam = Somebody(sub="sam", claims={"email": SAM, "email_verified": True, "name": "Sam"})
    with run_server_in_thread(require_nonce=True, user_claims=[sam]) as server:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID = f"http://localhost:{server.server_port}", CLIENT
        settings.OIDC_CLIENT_SECRET, settings.OIDC_LABEL = SECRET, "Mock"
        for choice, status, who in (({"action": "deny"}, 403, None), ({"sub": "sam"}, 303, world.sam)):
            there = client.get("/sign-in/provider").headers["Location"]
            back = requests.post(there, data=choice, allow_redirects=False, timeout=9).headers["Location"]
            answer = client.get(back.removeprefix("http://testserver"))
            assert answer.status_code == status and signed_in(client) == who, text(answer)
        assert client.get(back.removeprefix("http://testserver")).status_code == 400


HOUR = 3600
LIES: dict[str, dict[str, Any]] = {
    "another nonce": {"nonce": "x"},
    "no nonce": {"nonce": None},
    "for somebody else": {"aud": "another client"},
    "for nobody": {"aud": None},
    "for us among others, and not from us": {"aud": [CLIENT, "another"], "azp": "another"},
    "for us among others, from nobody": {"aud": [CLIENT, "another"]},
    "by somebody else": {"iss": "https://evil.example"},
    "by nobody": {"iss": None},
    "too old": {"exp": int(time.time()) - HOUR, "iat": int(time.time()) - 2 * HOUR},
    "without end": {"exp": None},
    "an end that is none": {"exp": "tomorrow"},
    "from the future": {"iat": int(time.time()) + HOUR},
    "not yet": {"nbf": int(time.time()) + HOUR},
    "of nobody": {"sub": None},
    "of an empty name": {"sub": ""},
    "of a number": {"sub": 7},
    "of an endless name": {"sub": "x" * 256},
    "another access token": {"at_hash": "x"},
}


@pytest.mark.parametrize("lie", LIES)
def test_an_answer_that_proves_nothing_opens_nothing(provider: Provider, client: Client, lie: str, caplog: Any) -> None:
    answer = provider.sign_in(client, **LIES[lie])
    assert answer.status_code == 400 and "proves nothing" in text(answer)
    assert signed_in(client) is None and not Identity.objects.exists() and Attempt.objects.count() == 1
    assert "The provider is wrong" in caplog.text and "the code" not in caplog.text


def test_a_signature_must_be_the_providers_own(provider: Provider, client: Client) -> None:
    def refused() -> bool:
        answer = provider.sign_in(client)
        return answer.status_code == 400 and signed_in(client) is None

    for alg in ("none", "HS256"):
        asked, now = provider.go(client), int(time.time())
        claims = provider.claims | {"iss": provider.issuer, "aud": CLIENT, "nonce": asked["nonce"]}
        provider.raw_token = forged(claims | {"iat": now, "exp": now + 99}, alg)
        assert provider.come_back(client, asked).status_code == 400 and signed_in(client) is None
    for raw in ("x", "a.b.c", "", 7, [], {"a": 1}):
        provider.raw_token = raw or " "
        assert refused(), raw
    provider.raw_token = None
    provider.key = RSAKey.generate_key(2048, {"kid": "one"})  # another key of the same name
    assert refused() and not Identity.objects.exists()


def test_without_a_secret_it_is_a_public_client(provider: Provider, settings: Any, world: World) -> None:
    wrong, right = Client(), Client()
    settings.OIDC_CLIENT_SECRET = "not ours"
    assert provider.sign_in(wrong).status_code == 400 and signed_in(wrong) is None
    settings.OIDC_CLIENT_SECRET, provider.public = "", True
    provider.sign_in(right)
    assert signed_in(right) == world.sam


def test_a_clock_that_is_a_little_wrong_is_forgiven(provider: Provider, client: Client, world: World) -> None:
    now = int(time.time())
    provider.sign_in(client, iat=now + 30, exp=now - 30)
    assert signed_in(client) == world.sam


def test_keys_are_read_anew_when_the_provider_changes_them(provider: Provider, world: World) -> None:
    before, after, gone = Client(), Client(), Client()
    provider.sign_in(before)
    provider.key, provider.header, provider.keys = NEXT_KEY, {"alg": "RS256", "kid": "two"}, [NEXT_KEY]
    provider.sign_in(after)
    assert signed_in(before) == signed_in(after) == world.sam
    provider.header = {"alg": "RS256", "kid": "three"}
    assert provider.sign_in(gone).status_code == 400


def test_an_answer_counts_once_and_on_the_browser_that_asked(provider: Provider, client: Client) -> None:
    asked = provider.go(client)
    elsewhere = Client()
    assert provider.come_back(elsewhere, asked).status_code == 400 and signed_in(elsewhere) is None
    assert provider.come_back(client, asked | {"state": "another"}).status_code == 400
    assert provider.come_back(client, asked).status_code == 303 and signed_in(client)
    client.post("/sign-out")
    assert provider.come_back(client, asked).status_code == 400 and signed_in(client) is None
    with clock.at(clock.now() - timedelta(minutes=16)):
        asked = provider.go(client)
    late = provider.come_back(client, asked)
    assert late.status_code == 400 and "too long ago" in text(late) and len(provider.token_requests) == 1


def test_an_answer_in_anothers_name_is_not_taken_further(provider: Provider, client: Client) -> None:
    state = provider.go(client)["state"]
    given = {"code": "the code", "state": state, "iss": "https://evil.example"}
    assert client.get("/sign-in/provider/back", given).status_code == 400
    assert provider.token_requests == []
    assert client.get("/sign-in/provider/back", {"state": provider.go(client)["state"]}).status_code == 400
    assert client.get("/sign-in/provider/back").status_code == 400


@pytest.mark.parametrize("said", [{"email_verified": False}, {"email_verified": None}, {"email": None}, {"email": "x"}])
def test_an_address_that_the_provider_does_not_vouch_for_opens_nothing(
    provider: Provider, client: Client, said: dict[str, Any]
) -> None:
    provider.userinfo = {"sub": "sam-1"}
    answer = provider.sign_in(client, **said)
    assert answer.status_code == 403 and "does not vouch" in text(answer) and not Identity.objects.exists()


def test_the_address_may_be_told_beside_the_token_of_the_same_person(provider: Provider, world: World) -> None:
    provider.claims = {"sub": "sam-1"}
    provider.userinfo = {"sub": "iris", "email": SAM, "email_verified": True}
    client = Client()
    assert provider.sign_in(client).status_code == 400 and signed_in(client) is None
    provider.userinfo["sub"] = "sam-1"
    provider.sign_in(client)
    assert signed_in(client) == world.sam


def test_strangers_and_deactivated_users_stay_out(provider: Provider, world: World, client: Client) -> None:
    answer = provider.sign_in(client, sub="eve", email="eve@northgate.example")
    assert answer.status_code == 403 and "Nobody signs in here as eve@northgate.example" in text(answer)
    provider.sign_in(client)
    deactivate_user(world.admin.actor("web"), world.sam)
    for said in ({}, {"sub": "another"}):
        fresh = Client()
        assert provider.sign_in(fresh, **said).status_code == 403 and signed_in(fresh) is None
    assert Identity.objects.count() == 1 and not User.objects.filter(email__startswith="eve").exists()


def test_an_address_that_changed_hands_opens_nothing(provider: Provider, world: World) -> None:
    first, second = Client(), Client()
    provider.sign_in(first)
    answer = provider.sign_in(second, sub="somebody new")
    assert answer.status_code == 409 and "linked already" in text(answer) and signed_in(second) is None
    boss = Client()
    boss.force_login(world.admin)
    address = f"/settings/people/{world.sam.public_id}"
    assert "Unlink" in text(boss.get(address)) and boss.post(f"{address}/unlink").status_code == 303
    assert not Session.objects.filter(user=world.sam).exists()
    provider.sign_in(second, sub="somebody new")
    assert signed_in(second) == world.sam


def test_newcomers_get_the_role_that_is_set_when_their_domain_is_listed(
    provider: Provider, world: World, settings: Any
) -> None:
    settings.OIDC_ROLE, settings.OIDC_DOMAINS = "Seller", {"northgate.example"}
    stranger, new = Client(), Client()
    answer = provider.sign_in(stranger, sub="eve", email="eve@evil.example")
    assert answer.status_code == 403 and "not of this organisation" in text(answer)
    provider.sign_in(new, sub="ines", email="Ines@Northgate.example", name="Ines")
    ines = signed_in(new)
    assert ines and (ines.name, ines.email, ines.role.name) == ("Ines", "ines@northgate.example", "Seller")
    event = Event.objects.get(verb="join_with_identity")
    assert "".join(part.text for part in tell(event)) == "Ines came in with Northgate ID for the first time"
    settings.OIDC_ROLE = "No such role"
    assert provider.sign_in(Client(), sub="y", email="y@northgate.example").status_code == 403
    with pytest.raises(NotAllowed):
        facts = {"issuer": "i", "subject": "s", "email": "n@x.example", "name": "N", "role": ines.role}
        identities.join_with_identity(world.admin.actor("web"), **facts)


def test_a_provider_that_is_away_or_talks_nonsense_changes_nothing(provider: Provider, client: Client) -> None:
    provider.fails = {"/.well-known/openid-configuration": 503}
    answer = client.get("/sign-in/provider?next=/people")
    assert answer.status_code == 502 and "Northgate ID does not answer" in text(answer)
    assert "Sign in another way" in text(answer)
    provider.fails = {}
    for endpoint, status in (("/token", 500), ("/token", 404), ("/jwks", 503)):
        asked = provider.go(client)
        provider.fails = {endpoint: status}
        assert provider.come_back(client, asked).status_code in {400, 502} and signed_in(client) is None
        provider.fails = {}
    assert provider.sign_in(client).status_code == 303


@pytest.mark.parametrize("wrong", [{"issuer": "https://evil.example"}, {"token_endpoint": None}, {"jwks_uri": 7}])
def test_a_description_that_cannot_be_is_refused(world: World, client: Client, settings: Any, wrong: Any) -> None:
    with running() as other:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_LABEL = other.issuer, CLIENT, "Other"
        other.about |= wrong
        assert client.get("/sign-in/provider").status_code == 400


def test_nobody_listens_at_the_provider(world: World, client: Client, settings: Any) -> None:
    with running() as gone:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_LABEL = gone.issuer, CLIENT, "Gone"
    assert client.get("/sign-in/provider").status_code == 502


def test_a_second_factor_is_asked_for_unless_the_provider_has_asked(
    provider: Provider, world: World, settings: Any
) -> None:
    Authenticator.keep(world.sam, "JBSWY3DPEHPK3PXP", 0)
    first, second = Client(), Client()
    assert provider.sign_in(first).headers["Location"] == "/sign-in/second" and signed_in(first) is None
    settings.OIDC_IS_STRONG = True
    assert provider.sign_in(second).headers["Location"] == "/people" and second.session["strong"]


def test_coming_back_too_often_is_slowed_down(provider: Provider, client: Client) -> None:
    for _each in range(10):
        assert client.get("/sign-in/provider/back", {"state": "guess", "code": "x"}).status_code == 400
    assert provider.sign_in(client).status_code == 429


def test_a_form_kept_from_before_is_carried_to_the_provider_and_back(provider: Provider, client: Client) -> None:
    away = text(client.post("/people/new", {"name": "Nadia Typed"}))
    kept = re.search(r'action="/sign-in/provider".*?name="kept" value="([^"]*)"', away, re.S)
    assert kept
    onward = client.post("/sign-in/provider", {"kept": kept[1], "next": "/people"})
    assert onward.status_code == 200 and onward.headers["Refresh"].startswith("0; url=http://127.0.0.1")
    offered = provider.come_back(client, provider.read(onward.headers["Refresh"].removeprefix("0; url=")))
    assert offered.status_code == 200 and "Nadia Typed" in text(offered) and signed_in(client)


def test_an_account_is_linked_by_its_user_and_unlinked(provider: Provider, world: World, client: Client) -> None:
    client.force_login(world.sam)
    assert "Sign in again" in text(client.post("/settings/linked-account/link"))
    provider.userinfo = {"sub": "by hand"}
    client.post("/sign-out")
    set_password(world.sam.actor("web"), password=GOOD)
    client.post("/sign-in", {"email": SAM, "password": GOOD})
    onward = client.post("/settings/linked-account/link")
    asked = provider.read(onward.headers["Refresh"].removeprefix("0; url="))
    assert asked["prompt"] == "login"
    answer = provider.come_back(client, asked, email=None, sub="by hand")
    assert answer.headers["Location"] == "/settings/linked-account" and Identity.objects.get().subject == "by hand"
    assert "signs you in here" in text(client.get("/settings/linked-account"))
    fresh = Client()
    provider.sign_in(fresh, email=None, sub="by hand")
    assert signed_in(fresh) == world.sam
    assert client.post("/settings/linked-account/unlink").status_code == 303 and not Identity.objects.exists()
    assert client.post("/settings/linked-account/unlink").status_code == 409


def test_linking_belongs_to_the_one_who_began_it(provider: Provider, world: World, client: Client) -> None:
    set_password(world.sam.actor("web"), password=GOOD)
    client.post("/sign-in", {"email": SAM, "password": GOOD})
    asked = provider.read(client.post("/settings/linked-account/link").headers["Refresh"].removeprefix("0; url="))
    session = client.session
    session["oidc"] |= {"linking": world.admin.pk}
    session.save()
    assert provider.come_back(client, asked).status_code == 400 and not Identity.objects.exists()


def test_how_one_signs_in_changes_only_after_the_provider_asked_anew(provider: Provider, world: World) -> None:
    client = Client()
    provider.sign_in(client)
    assert "Sign in again" in text(client.get("/settings/second-factor/app"))
    client.post("/sign-out")
    provider.sign_in(client, auth_time=int(time.time()) - HOUR)
    assert "Sign in again" in text(client.get("/settings/second-factor/app"))
    client.post("/settings/second-factor/again")
    provider.sign_in(client, "/settings/second-factor", auth_time=int(time.time()))
    assert provider.asked["prompt"] == "login" and int(provider.asked["max_age"]) > 0
    assert "Sign in again" not in text(client.get("/settings/second-factor/app"))


def test_passwords_can_be_switched_off_and_the_printed_link_stays(
    provider: Provider, world: World, settings: Any
) -> None:
    set_password(world.sam.actor("web"), password=GOOD)
    settings.OIDC_ONLY = True
    client = Client()
    page = text(client.get("/sign-in"))
    assert "Sign in with Northgate ID" in page and 'type="password"' not in page and "passkey" not in page
    assert client.post("/sign-in", {"email": SAM, "password": GOOD}).status_code == 409
    assert client.get("/sign-in/mail").status_code == client.post("/sign-in/mail", {"email": SAM}).status_code == 409
    assert client.post("/sign-in/passkey", {"answer": "x"}).status_code == 409
    for deed in (
        lambda: ask_for_link(world.sam.actor("api"), email=SAM),
        lambda: set_password(world.sam.actor("api"), password=GOOD + "s", current_password=GOOD),
        lambda: identities.unlink_identity(world.sam.actor("web")),
    ):
        with pytest.raises(WrongState):
            deed()
    assert signed_in(client) is None and not Outbox.objects.filter(effect="mail").exists()
    token = sign_in_link(SAM).partition("token=")[2]
    assert client.post("/sign-in/link", {"token": token}).status_code == 303 and signed_in(client) == world.sam
    assert "/settings/password" not in text(client.get("/settings"))


def test_an_invitation_leads_to_the_provider_then(provider: Provider, world: World, settings: Any) -> None:
    settings.OIDC_ONLY = True
    role = Role.objects.get(name="Seller")
    invite_user(world.admin.actor("web"), name="Ines", email="ines@northgate.example", role=role)
    mail = Outbox.objects.get(effect="mail").payload["text"]
    assert "Sign in there with Northgate ID" in mail and "password" not in mail
    address = re.search(r"http://\S+(/invitation\S+)", mail)[1]  # type: ignore[index]
    client = Client()
    page = text(client.get(address))
    assert "Sign in with Northgate ID" in page and 'type="password"' not in page
    given = {"token": address.partition("token=")[2], "name": "Ines", "password": GOOD}
    assert client.post("/invitation", given).status_code in {409, 422} and signed_in(client) is None
    provider.sign_in(client, sub="ines", email="ines@northgate.example")
    assert signed_in(client) and client.get(address).status_code in {200, 410}
    assert Client().get(address).status_code == 410


def test_programs_change_nothing_of_it(world: World) -> None:
    made = create_token(world.admin.actor("web"), name="all", scopes=["read", "write"]).token
    by = Token.objects.get(pk=made.pk).actor("api")
    for deed in (
        lambda: identities.link_identity(by, issuer="i", subject="s"),
        lambda: identities.unlink_identity(by),
        lambda: identities.reset_identity(by, world.sam),
        lambda: identities.join_with_identity(
            by, issuer="i", subject="s", email="n@x.example", name="N", role=world.sam.role
        ),
    ):
        with pytest.raises(NotAllowed):
            deed()
    assert not Identity.objects.exists()


def test_without_a_provider_there_is_no_such_way(client: Client, world: World) -> None:
    assert "/sign-in/provider" not in text(client.get("/sign-in"))
    assert client.get("/sign-in/provider").headers["Location"] == "/sign-in"
    assert client.get("/sign-in/provider/back?code=x&state=y").headers["Location"] == "/sign-in"
    client.force_login(world.sam)
    assert "linked-account" not in text(client.get("/settings"))
    assert client.get("/settings/linked-account").status_code == 200


def test_no_secret_is_in_an_address_or_an_event(provider: Provider, client: Client) -> None:
    asked = provider.go(client)
    assert "code_verifier" not in asked and SECRET not in str(asked)
    provider.come_back(client, asked)
    verifier = provider.token_requests[-1]["code_verifier"]
    told = "".join(str(row) for row in Event.objects.values())
    assert all(each not in told for each in (verifier, asked["state"], asked["nonce"], "the code", SECRET))
    assert "oidc" not in client.session
