"""Who works with Fairlead: inviting, roles, leaving, passwords, teams, hours and time off."""

import json
import threading
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.errors import Conflict, Invalid, NotAllowed, WrongState
from fairlead.core.event import Event
from fairlead.core.outbox import Outbox
from fairlead.core.undo import undo
from fairlead.demo.world import World
from fairlead.models import Absence, Organisation, Role, Schedule, Session, SignInLink, Team, User
from fairlead.verbs.passwords import ask_for_link, ask_for_password_link, reset_password, set_password
from fairlead.verbs.profiles import edit_profile
from fairlead.verbs.schedules import add_absence, create_schedule, edit_schedule, remove_absence
from fairlead.verbs.sessions import end_other_sessions, end_session
from fairlead.verbs.teams import create_team, edit_team, join_team, leave_team
from fairlead.verbs.users import (
    accept_invitation,
    change_role,
    deactivate_user,
    first_administrator,
    invite_again,
    invite_user,
    reactivate_user,
    sign_out_everywhere,
)

VISITOR = Actor(kind="visitor", door="web", label="A visitor")
GOOD = "rope through the ring"
DAY = timedelta(days=1)


def test_the_first_administrator_is_made_once_with_the_printed_secret(db: None) -> None:
    secret = SignInLink.issue(SignInLink.Purpose.FIRST_ADMIN, valid=DAY)
    facts = {"name": "Ann", "email": "Ann@Example.com", "organisation": "Ours", "currency": "EUR", "country": "DE"}
    with pytest.raises(WrongState):
        first_administrator(VISITOR, secret="guessed", password=GOOD, **facts)
    with pytest.raises(Invalid):
        first_administrator(VISITOR, secret=secret, password="short", **facts)
    assert not User.objects.exists()

    ann = first_administrator(VISITOR, secret=secret, password=GOOD, **facts)
    assert ann.role.governs and ann.email == "ann@example.com" and ann.check_password(GOOD)
    assert (Organisation.ours().name, Organisation.ours().currency) == ("Ours", "EUR")
    other = SignInLink.issue(SignInLink.Purpose.FIRST_ADMIN, valid=DAY)
    for again in (secret, other):
        with pytest.raises(WrongState):
            first_administrator(VISITOR, secret=again, password=GOOD, **facts | {"email": "eve@example.com"})
    assert User.objects.count() == 1


def test_inviting_mails_a_link_that_lets_one_choose_a_password(world: World) -> None:
    seller = Role.objects.get(name="Seller")
    facts = {"name": "Ines Duarte", "email": " Ines@Northgate.example ", "role": seller}
    with pytest.raises(NotAllowed):
        invite_user(world.mira.actor("web"), **facts)
    ines = invite_user(world.admin.actor("web"), **facts)
    assert ines.email == "ines@northgate.example" and not ines.has_usable_password()

    mail = Outbox.objects.get(effect="mail", payload__to=ines.email)
    secret = _secret(mail)
    assert "Iris Blum invites you" in mail.payload["text"] and SignInLink.open(secret, "invitation")
    assert not SignInLink.objects.filter(hashed=secret).exists()
    with pytest.raises(Invalid):
        accept_invitation(VISITOR, secret=secret, password="ines duarte", name="")
    accept_invitation(VISITOR, secret=secret, password=GOOD, name="Inês Duarte")
    ines.refresh_from_db()
    assert ines.name == "Inês Duarte" and ines.check_password(GOOD)
    with pytest.raises(WrongState):
        accept_invitation(VISITOR, secret=secret, password=GOOD)


@pytest.mark.parametrize(
    ("email", "words"), [("sam@NORTHGATE.example", "Sam Whitlock has"), ("no address", "This is not"), ("", "This is")]
)
def test_an_address_is_real_and_belongs_to_one(world: World, email: str, words: str) -> None:
    with pytest.raises(Invalid) as refusal:
        invite_user(world.admin.actor("web"), name="X", email=email, role=Role.objects.get(name="Seller"))
    assert refusal.value.errors["email"][0].startswith(words)


def test_an_invitation_can_be_taken_back_and_sent_again(world: World) -> None:
    by, seller = world.admin.actor("web"), Role.objects.get(name="Seller")
    ines = invite_user(by, name="Ines", email="ines@northgate.example", role=seller)
    first = _secret(Outbox.objects.get(effect="mail", payload__to=ines.email))
    invite_again(by, ines)
    assert SignInLink.open(first, "invitation") is None
    accept_invitation(VISITOR, secret=_secret(Outbox.objects.filter(effect="mail").order_by("-pk")[0]), password=GOOD)
    with pytest.raises(WrongState):
        invite_again(by, ines)

    invite_user(by, name="Wrong", email="wrong@northgate.example", role=seller)
    undo(by, act=Event.objects.filter(verb="invite_user").latest("pk").act)
    assert not User.objects.filter(email="wrong@northgate.example").exists()
    assert Outbox.objects.get(payload__to="wrong@northgate.example").state == "cancelled"


def test_a_role_is_given_by_administrators_and_can_be_taken_back(world: World) -> None:
    manager, seller = Role.objects.get(name="Manager"), Role.objects.get(name="Seller")
    for by in (world.sam, world.mira):
        with pytest.raises(NotAllowed):
            change_role(by.actor("web"), by, role=manager)
    change_role(world.admin.actor("web"), world.sam, role=manager)
    assert User.objects.get(pk=world.sam.pk).actor("web").level("export", "person") == "all"
    undo(world.admin.actor("web"), act=Event.objects.filter(verb="change_role").latest("pk").act)
    assert User.objects.get(pk=world.sam.pk).role == seller


def test_somebody_stays_administrator(world: World) -> None:
    by, seller = world.admin.actor("web"), Role.objects.get(name="Seller")
    governing = Role.objects.get(name="Administrator")
    with pytest.raises(WrongState):
        change_role(by, world.admin, role=seller)
    with pytest.raises(WrongState):
        deactivate_user(by, world.admin)
    change_role(by, world.mira, role=governing)
    promoted = Event.objects.filter(verb="change_role").latest("pk").act
    change_role(world.mira.actor("web"), world.admin, role=seller)
    with pytest.raises(WrongState):  # not by undo either
        undo(world.mira.actor("web"), act=promoted)
    assert User.objects.get(pk=world.mira.pk).role == governing


@pytest.mark.django_db(transaction=True)
def test_two_administrators_cannot_demote_each_other_at_the_same_moment(world: World) -> None:
    change_role(world.admin.actor("web"), world.mira, role=Role.objects.get(name="Administrator"))
    seller, pair = Role.objects.get(name="Seller"), [(world.admin, world.mira), (world.mira, world.admin)]
    actors = {user.pk: user.actor("web") for user, _other in pair}
    start = threading.Barrier(2)
    refused: list[Exception] = []

    def demote(by: User, other: User) -> None:
        start.wait()
        try:
            change_role(actors[by.pk], User.objects.get(pk=other.pk), role=Role.objects.get(pk=seller.pk))
        except WrongState as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=demote, args=each) for each in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1 and User.objects.filter(role__name="Administrator").count() == 1


def test_one_who_leaves_is_out_and_may_come_back(world: World) -> None:
    by, sam = world.admin.actor("web"), world.sam
    Session.objects.create(session_key="x", user=sam, expire_date=clock.now() + DAY)
    link = SignInLink.issue(SignInLink.Purpose.SIGN_IN, sam, valid=DAY)
    with pytest.raises(NotAllowed):
        deactivate_user(world.mira.actor("web"), sam)
    with pytest.raises(WrongState):
        deactivate_user(by, world.admin)
    deactivate_user(by, sam)
    assert not sam.is_active and not sam.sessions.exists() and SignInLink.open(link, "sign_in") is None
    reactivate_user(by, sam)
    assert User.objects.get(pk=sam.pk).is_active


def test_signing_out_everywhere_is_kept_as_an_event(world: World) -> None:
    Session.objects.create(session_key="x", user=world.sam, expire_date=clock.now() + DAY)
    with pytest.raises(NotAllowed):
        sign_out_everywhere(world.mira.actor("web"), world.sam)
    for _twice in range(2):
        sign_out_everywhere(world.admin.actor("web"), world.sam)
    assert not world.sam.sessions.exists() and Event.objects.filter(verb="sign_out_everywhere").count() == 1


@pytest.mark.parametrize("weak", ["short", "password1234", "samwhitlock1", "123456789012"])
def test_a_password_is_long_uncommon_and_unlike_its_user(world: World, weak: str) -> None:
    with pytest.raises(Invalid) as refusal:
        set_password(world.sam.actor("web"), password=weak)
    assert "password" in refusal.value.errors and not User.objects.get(pk=world.sam.pk).has_usable_password()


def test_changing_a_password_takes_the_old_one_and_ends_sessions(world: World) -> None:
    by = world.sam.actor("web")
    set_password(by, password=GOOD)
    Session.objects.create(session_key="x", user=world.sam, expire_date=clock.now() + DAY)
    with pytest.raises(Invalid):
        set_password(by, password="another rope and ring", current_password="wrong")
    assert world.sam.sessions.exists()
    set_password(by, password="another rope and ring", current_password=GOOD)
    sam = User.objects.get(pk=world.sam.pk)
    assert sam.check_password("another rope and ring") and not sam.sessions.exists()
    assert sam.password.startswith("argon2")


def test_no_password_or_secret_is_in_any_event(world: World) -> None:
    seller = Role.objects.get(name="Seller")
    ines = invite_user(world.admin.actor("web"), name="Ines", email="ines@northgate.example", role=seller)
    secret = _secret(Outbox.objects.get(effect="mail", payload__to=ines.email))
    accept_invitation(VISITOR, secret=secret, password=GOOD)
    ines.refresh_from_db()
    set_password(ines.actor("web"), password="another rope and ring", current_password=GOOD)
    kept = json.dumps(list(Event.objects.values_list("labels", "refs", "changes")))
    assert Event.objects.filter(verb="set_password").count() == 1
    for word in (GOOD, "another rope", secret, "argon2", ines.password):
        assert word not in kept


def test_a_forgotten_password_is_set_by_a_mailed_link(world: World) -> None:
    set_password(world.sam.actor("web"), password=GOOD)
    ask_for_password_link(world.sam.actor("web"))
    secret = _secret(Outbox.objects.get(effect="mail"))
    with pytest.raises(WrongState):
        reset_password(VISITOR, secret="guessed", password="another rope and ring")
    reset_password(VISITOR, secret=secret, password="another rope and ring")
    assert User.objects.get(pk=world.sam.pk).check_password("another rope and ring")
    with pytest.raises(WrongState):
        reset_password(VISITOR, secret=secret, password="a third rope and ring")


def test_sign_in_links_are_mailed_to_users_alone_and_not_without_end(world: World) -> None:
    ask_for_link(VISITOR, email="nobody@northgate.example")
    deactivate_user(world.admin.actor("web"), world.noah)
    ask_for_link(VISITOR, email=world.noah.email)
    assert not Outbox.objects.filter(effect="mail").exists()
    for _again in range(5):
        ask_for_link(VISITOR, email=world.sam.email.upper())
    assert Outbox.objects.filter(effect="mail", payload__to=world.sam.email).count() == 3


def test_a_link_opens_once_and_not_too_late(world: World) -> None:
    secret = SignInLink.issue(SignInLink.Purpose.SIGN_IN, world.sam, valid=DAY)
    assert SignInLink.open(secret, "invitation") is None
    with clock.at(clock.now() + DAY + timedelta(seconds=1)):
        assert SignInLink.use(secret, "sign_in") is None
    assert SignInLink.use(secret, "sign_in") is not None
    assert SignInLink.use(secret, "sign_in") is None


def test_one_edits_ones_own_profile(world: World) -> None:
    edit_profile(world.sam.actor("web"), theme="dark", density="compact", zone="Asia/Tokyo", shortcuts=False)
    sam = User.objects.get(pk=world.sam.pk)
    assert (sam.theme, sam.density, sam.zone, sam.shortcuts) == ("dark", "compact", "Asia/Tokyo", False)
    for wrong in ({"zone": "Europe/Nowhere"}, {"locale": "xx-YY"}, {"theme": "pink"}, {"name": ""}):
        with pytest.raises(Invalid):
            edit_profile(world.sam.actor("web"), **wrong)  # type: ignore[arg-type]
    with pytest.raises(NotAllowed):
        edit_profile(VISITOR, name="Nobody")


def test_one_ends_ones_own_sessions_only(world: World) -> None:
    for user in (world.sam, world.noah):
        for number in range(2):
            Session.objects.create(session_key=f"{user.pk}{number}", user=user, expire_date=clock.now() + DAY)
    theirs, kept = world.noah.sessions.first(), world.sam.sessions.first()
    assert theirs and kept
    end_session(world.sam.actor("web"), session=theirs.public_id)
    end_other_sessions(world.sam.actor("web"), keep=kept.public_id)
    assert world.noah.sessions.count() == 2 and list(world.sam.sessions.all()) == [kept]
    end_session(world.sam.actor("web"), session=kept.public_id)
    assert not world.sam.sessions.exists()


def test_teams(world: World) -> None:
    by = world.admin.actor("web")
    with pytest.raises(NotAllowed):
        create_team(world.mira.actor("web"), name="Night")
    night = create_team(by, name="  Night   shift ")
    with pytest.raises(Invalid):
        create_team(by, name="night shift")
    join_team(by, night, user=world.sam)
    join_team(by, night, user=world.sam)
    assert {team.name for team in world.sam.teams.all()} == {"Sales", "Night shift"}
    leave_team(by, night, user=world.sam)
    undo(by, act=Event.objects.filter(verb="leave_team").latest("pk").act)
    assert night in world.sam.teams.all()
    edit_team(by, night, name="Night watch", version=night.version)
    with pytest.raises(Conflict):
        edit_team(by, night, name="Late shift", version=1)
    assert Team.objects.get(pk=night.pk).name == "Night watch"


def test_schedules(world: World) -> None:
    by = world.admin.actor("web")
    with pytest.raises(NotAllowed):
        create_schedule(world.mira.actor("web"), name="Nights")
    nights = create_schedule(by, name="Nights", hours={"0": [["18:00", "23:30"]]}, zone="Europe/Berlin", country="DE")
    for wrong in (
        {"hours": {"0": [["23:00", "18:00"]]}},
        {"hours": {"0": [["09:00", "12:00"], ["11:00", "17:00"]]}},
        {"hours": {"7": [["09:00", "12:00"]]}},
        {"hours": {"0": [["25:00", "26:00"]]}},
        {"hours": {"0": [["09:00"]]}},
        {"closed": ["Christmas"]},
        {"zone": "Moon/Crater"},
        {"country": "XX"},
    ):
        with pytest.raises(Invalid):
            edit_schedule(by, nights, **wrong)  # type: ignore[arg-type]
    edit_schedule(by, nights, hours={"5": [["10:00", "12:00"]]}, closed=["2026-12-24"])
    undo(by, act=Event.objects.filter(verb="edit_schedule").latest("pk").act)
    kept = Schedule.objects.get(pk=nights.pk)
    assert (kept.hours, kept.closed) == ({"0": [["18:00", "23:30"]]}, [])


def test_time_off(world: World) -> None:
    first, last = date(2026, 12, 21), date(2026, 12, 31)
    absence = add_absence(world.sam.actor("web"), starts_on=first, ends_on=last, delegate=world.noah)
    assert absence.user == world.sam
    add_absence(world.sam.actor("web"), starts_on=first, ends_on=first, user=world.noah)  # of the same team
    with pytest.raises(NotAllowed):
        add_absence(world.sam.actor("web"), starts_on=first, ends_on=last, user=world.dele)
    for wrong in ({"ends_on": date(2026, 1, 1)}, {"delegate": world.sam}):
        with pytest.raises(Invalid):
            add_absence(world.sam.actor("web"), **{"starts_on": first, "ends_on": last} | wrong)
    with pytest.raises(NotAllowed):
        remove_absence(world.dele.actor("web"), absence)
    remove_absence(world.noah.actor("web"), absence)
    undo(world.noah.actor("web"), act=Event.objects.filter(verb="remove_absence").latest("pk").act)
    assert Absence.objects.get(pk=absence.pk).delegate == world.noah


def test_reading_an_actor_costs_one_statement(world: World, django_assert_num_queries: Callable) -> None:
    sam = User.objects.select_related("role").get(pk=world.sam.pk)
    with django_assert_num_queries(1):
        by = sam.actor("web")
    assert by.user_id == sam.pk and sam.pk in by.teammate_ids


def _secret(mail: Outbox) -> str:
    return str(mail.payload["text"]).split("token=")[1].split()[0]
