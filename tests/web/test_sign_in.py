"""Coming in: passwords, links, invitations, the first administrator; sessions, limits, and going out."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from fairlead.cli.links import sign_in_link
from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.errors import NotAllowed
from fairlead.core.outbox import Outbox
from fairlead.demo.world import World
from fairlead.models import Attempt, Organisation, Role, Session, SignInLink, Token, User
from fairlead.verbs.passwords import ask_for_password_link, set_password
from fairlead.verbs.tokens import create_token
from fairlead.verbs.users import change_role, deactivate_user, invite_user
from fairlead.web.browsers import in_words
from fairlead.web.limits import network

GOOD = "rope through the ring"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def sam(world: World) -> User:
    set_password(world.sam.actor("web"), password=GOOD)
    world.sam.refresh_from_db()
    return world.sam


def enter(client: Client, email: str, password: str = GOOD, **more: str) -> int:
    return client.post("/sign-in", {"email": email, "password": password, **more}).status_code


def signed_in(client: Client) -> bool:
    return client.get("/settings").status_code == 200


def test_a_password_lets_in_and_signing_out_ends_it(client: Client, sam: User) -> None:
    assert client.get("/settings").headers["Location"] == "/sign-in?next=%2Fsettings"
    answer = client.post(
        "/sign-in",
        {"email": " SAM@northgate.example", "password": GOOD, "next": "/settings?a=b"},
        headers={"User-Agent": FIREFOX},
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/settings?a=b")
    session = Session.objects.get()
    assert (session.user, session.browser, session.address) == (sam, FIREFOX, "127.0.0.1")
    assert session.session_key != client.cookies["sessionid"].value
    assert client.get("/sign-in").status_code == 302
    assert client.post("/sign-out").status_code == 303
    assert not Session.objects.exists() and not signed_in(client)


@pytest.mark.parametrize(
    ("email", "password"), [("sam@northgate.example", "wrong"), ("nobody@x.example", GOOD), ("\x00", "x")]
)
def test_a_wrong_pair_gets_one_answer(client: Client, sam: User, email: str, password: str) -> None:
    answer = client.post("/sign-in", {"email": email, "password": password})
    assert answer.status_code == 422 and not signed_in(client)
    if "\x00" not in email:
        assert "do not belong together" in answer.content.decode() and password not in answer.content.decode()


def test_users_without_password_and_deactivated_ones_stay_out(client: Client, world: World, sam: User) -> None:
    assert enter(client, world.noah.email, "") == 422
    assert enter(client, world.noah.email, "!") == 422
    deactivate_user(world.admin.actor("web"), sam)
    assert enter(client, sam.email) == 422


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "\t//evil.example",
        "http:evil.example",
    ],
)
def test_signing_in_never_leads_to_another_site(client: Client, sam: User, elsewhere: str) -> None:
    answer = client.post("/sign-in", {"email": sam.email, "password": GOOD, "next": elsewhere})
    assert answer.headers["Location"] == "/"
    assert client.get("/sign-in", {"next": elsewhere}).headers["Location"] == "/"


def test_a_form_from_elsewhere_is_refused(sam: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/sign-in", {"email": sam.email, "password": GOOD})
    assert answer.status_code == 403 and "open for too long" in answer.content.decode()


def test_guessing_is_slowed_down_by_account_and_by_address(world: World, sam: User) -> None:
    for number in range(10):
        assert enter(Client(REMOTE_ADDR=f"192.0.2.{number}"), sam.email, "wrong") == 422
    far = Client(REMOTE_ADDR="198.51.100.1")
    answer = far.post("/sign-in", {"email": sam.email, "password": GOOD})
    assert answer.status_code == 429 and answer.headers["Retry-After"] == "300"
    assert "Too many tries" in answer.content.decode()
    near = Client(REMOTE_ADDR="2001:db8:1:2::1")
    for number in range(10):
        assert enter(near, f"guess{number}@x.example", "wrong") == 422
    assert enter(Client(REMOTE_ADDR="2001:db8:1:2:ffff::9"), world.noah.email) == 429
    assert enter(Client(REMOTE_ADDR="2001:db8:1:3::1"), world.noah.email) == 422
    with clock.at(clock.now() + timedelta(minutes=6)):
        assert enter(far, sam.email) == 303


def test_tries_that_succeed_do_not_count(sam: User) -> None:
    for _colleague in range(12):
        assert enter(Client(REMOTE_ADDR="192.0.2.1"), sam.email) == 303
    assert not Attempt.objects.exists()


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
    ],
)
def test_an_address_counts_as_its_network(address: str, key: str) -> None:
    assert network(address) == key


def test_a_link_by_mail_is_answered_alike_for_everybody(client: Client, sam: User) -> None:
    known = client.post("/sign-in/mail", {"email": sam.email}).content.decode()
    unknown = client.post("/sign-in/mail", {"email": "ann@northgate.example"}).content.decode()
    assert known.replace(sam.email, "") == unknown.replace("ann@northgate.example", "")
    mail = Outbox.objects.get(effect="mail")
    assert mail.payload["to"] == sam.email
    for number in range(10):
        status = client.post("/sign-in/mail", {"email": f"{number}@x.example"}).status_code
    assert status == 429


def test_a_link_signs_in_once_and_by_post_alone(client: Client, sam: User) -> None:
    address = sign_in_link(sam.email).removeprefix("http://127.0.0.1:8321")
    token = address.partition("token=")[2]
    for _scanned in range(2):
        shown = client.get(address)
        assert shown.status_code == 200 and "Sign in as Sam Whitlock" in shown.content.decode()
        assert not signed_in(client)
    assert client.post("/sign-in/link", {"token": token}).headers["Location"] == "/"
    assert signed_in(client)
    again = Client()
    assert again.get(address).status_code == 410
    assert again.post("/sign-in/link", {"token": token}).status_code == 410
    assert not signed_in(again)


def test_a_link_ends_with_its_time_and_its_user(client: Client, world: World) -> None:
    late, gone = sign_in_link(world.sam.email), sign_in_link(world.noah.email)
    with clock.at(clock.now() + timedelta(hours=25)):
        assert client.get(late).status_code == 410
    deactivate_user(world.admin.actor("web"), world.noah)
    assert client.get(gone).status_code == 410


def test_the_printed_link_belongs_to_the_first_user_or_the_one_named(client: Client, world: World) -> None:
    assert "Sam Whitlock" in client.get(sign_in_link()).content.decode()
    assert "Iris Blum" in client.get(sign_in_link(world.admin.email.upper())).content.decode()
    with pytest.raises(SystemExit, match="Nobody signs in as"):
        sign_in_link("nobody@northgate.example")


def test_the_first_start_makes_one_administrator(client: Client, db: None) -> None:
    stale, address = sign_in_link(), sign_in_link()
    assert client.get(stale).status_code == 410
    assert "/welcome?token=" in address and client.get(address).status_code == 200
    token = address.partition("token=")[2]
    facts = {"name": "Ann Example", "email": "ann@example.com", "organisation": "Ours", "country": "DE"}
    facts |= {"currency": "EUR", "zone": "Europe/Berlin", "token": token}
    refused = client.post("/welcome", facts | {"password": "short"})
    assert refused.status_code == 422 and "Use at least 12 characters." in refused.content.decode()
    assert 'value="Ann Example"' in refused.content.decode() and not User.objects.exists()
    assert client.post("/welcome", facts | {"password": GOOD}).headers["Location"] == "/"
    assert signed_in(client) and Organisation.ours().zone == "Europe/Berlin"
    assert client.post("/welcome", facts | {"password": GOOD}).status_code == 410
    assert User.objects.get().role.governs and "/sign-in/link" in sign_in_link()


def test_an_invitation_is_accepted_once(client: Client, world: World) -> None:
    role = Role.objects.get(name="Seller")
    ines = invite_user(world.admin.actor("web"), name="Ines", email="ines@northgate.example", role=role)
    address = mailed_link(ines)
    assert "Join Northgate IT" in client.get(address).content.decode() and not signed_in(client)
    token = address.partition("token=")[2]
    assert client.post("/invitation", {"token": token, "name": "Ines", "password": "ines@northgate"}).status_code == 422
    assert client.post("/invitation", {"token": token, "name": "Inês", "password": GOOD}).status_code == 303
    assert signed_in(client) and User.objects.get(pk=ines.pk).name == "Inês"
    assert Client().get(address).status_code == 410


def test_a_forgotten_password_ends_every_session(client: Client, sam: User) -> None:
    client.force_login(sam)
    ask_for_password_link(sam.actor("web"))
    address, fresh = mailed_link(sam), Client()
    assert fresh.get(address).status_code == 200
    given = {"token": address.partition("token=")[2], "password": "another rope and ring"}
    assert fresh.post("/password", given).status_code == 303
    assert signed_in(fresh) and not signed_in(client)
    assert enter(Client(), sam.email, "another rope and ring") == 303


def test_changing_the_password_ends_the_others_and_keeps_this_session(client: Client, sam: User) -> None:
    other = Client()
    for each in (client, other):
        assert enter(each, sam.email) == 303
    before = client.cookies["sessionid"].value
    assert client.post("/settings/password", {"current_password": "no", "password": GOOD + "s"}).status_code == 422
    assert signed_in(other)
    changed = client.post("/settings/password", {"current_password": GOOD, "password": GOOD + "s"})
    assert changed.status_code == 303 and client.cookies["sessionid"].value != before
    assert signed_in(client) and not signed_in(other)
    assert enter(Client(), sam.email) == 422


def test_guessing_the_current_password_is_slowed_down(client: Client, sam: User) -> None:
    enter(client, sam.email)
    for _each in range(10):
        assert client.post("/settings/password", {"current_password": "no", "password": GOOD + "s"}).status_code == 422
    assert client.post("/settings/password", {"current_password": GOOD, "password": GOOD + "s"}).status_code == 429
    assert signed_in(client) and enter(Client(REMOTE_ADDR="198.51.100.1"), sam.email) == 429


def test_a_token_sets_no_password(world: World) -> None:
    made = create_token(world.sam.actor("web"), name="all", scopes=["read", "write"]).token
    with pytest.raises(NotAllowed):
        set_password(Token.objects.get(pk=made.pk).actor("api"), password=GOOD)
    assert not User.objects.get(pk=world.sam.pk).has_usable_password()


def test_a_deactivated_user_is_out_with_the_next_click(client: Client, world: World) -> None:
    client.force_login(world.sam)
    assert signed_in(client)
    deactivate_user(world.admin.actor("web"), world.sam)
    assert not signed_in(client)


def test_a_role_changes_with_the_next_click(client: Client, world: World) -> None:
    client.force_login(world.sam)
    assert client.get("/settings/people").status_code == 403
    change_role(world.admin.actor("web"), world.sam, role=Role.objects.get(name="Administrator"))
    assert client.get("/settings/people").status_code == 200


def test_sessions_end_when_idle_and_after_two_weeks(client: Client, sam: User, time_machine: object) -> None:
    start = timezone.now()

    def at(**later: float) -> bool:
        time_machine.move_to(start + timedelta(**later), tick=False)  # type: ignore[attr-defined]
        return signed_in(client)

    assert enter(client, sam.email) == 303
    assert at(hours=11) and at(hours=22)
    assert not at(hours=35)
    time_machine.move_to(start, tick=False)  # type: ignore[attr-defined]
    assert enter(client, sam.email) == 303
    assert all(at(hours=hours) for hours in range(10, 14 * 24, 10))
    assert not at(days=14, seconds=1)


def test_a_click_writes_the_session_every_five_minutes_at_most(client: Client, sam: User, time_machine: object) -> None:
    start = timezone.now()
    time_machine.move_to(start, tick=False)  # type: ignore[attr-defined]
    enter(client, sam.email)
    seen = Session.objects.values_list("seen_at", flat=True)
    first = seen[0]
    time_machine.move_to(start + timedelta(minutes=4), tick=False)  # type: ignore[attr-defined]
    assert signed_in(client) and seen.all()[0] == first
    time_machine.move_to(start + timedelta(minutes=6), tick=False)  # type: ignore[attr-defined]
    assert signed_in(client) and seen.all()[0] == start + timedelta(minutes=6)


def test_knowing_who_clicks_costs_five_statements(
    client: Client, sam: User, django_assert_num_queries: Callable
) -> None:
    client.force_login(sam)
    with django_assert_num_queries(5):  # session, user with role, teams; the organisation's name, pinned views
        assert client.get("/settings").status_code == 200


def test_a_fragment_sends_the_whole_page_to_sign_in(client: Client, world: World) -> None:
    sent = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Current-URL": "http://testserver/people?q=x"}
    answer = client.get("/settings", headers=sent)
    assert answer.status_code == 401 and answer.headers["HX-Redirect"] == "/sign-in?next=%2Fpeople%3Fq%3Dx"


def test_the_look_is_remembered_for_signed_out_pages(client: Client, sam: User) -> None:
    enter(client, sam.email)
    facts = {"name": sam.name, "zone": sam.zone, "locale": sam.locale, "density": "compact", "reminder_time": "09:00"}
    assert client.post("/settings", facts | {"theme": "dark"}).status_code == 303
    page = client.get("/settings").content.decode()
    assert '<html lang="en" data-theme="dark" data-density="compact">' in page
    client.post("/sign-out")
    assert 'data-theme="dark"' in client.get("/sign-in").content.decode()
    client.cookies["theme"] = '"><script>'
    assert "data-theme" not in client.get("/sign-in").content.decode()


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/18 Safari/605.1", "Safari on a Mac"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) CriOS/140 Safari/604.1", "Chrome on iPhone"),
        ("curl/8", "A browser"),
    ],
)
def test_a_browser_in_words(agent: str, words: str) -> None:
    assert in_words(agent) == words


def mailed_link(user: User) -> str:
    mail = Outbox.objects.filter(effect="mail", payload__to=user.email).latest("pk")
    return next(word for word in mail.payload["text"].split() if "token=" in word)


def test_a_visitor_is_no_actor_with_rights() -> None:
    assert Actor(kind="visitor", door="web", label="").level("see", "person") == "none"


def test_secrets_are_kept_as_hashes(world: World) -> None:
    token = sign_in_link(world.sam.email).partition("token=")[2]
    assert len(token) >= 43 and not SignInLink.objects.filter(hashed__contains=token).exists()


def test_before_there_is_anybody_the_page_says_where_the_link_is(client: Client, db: None) -> None:
    assert "Nobody is here yet" in client.get("/sign-in").content.decode()


def test_once_there_is_somebody_it_does_not(client: Client, sam: User) -> None:
    assert "Nobody is here yet" not in client.get("/sign-in").content.decode()
