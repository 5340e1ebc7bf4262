"""The settings pages: each shows, saves, refuses in words, and belongs to whom it should."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from fairlead.core import clock
from fairlead.core.event import Event
from fairlead.core.outbox import Outbox
from fairlead.demo.world import World
from fairlead.models import Absence, Organisation, Role, Schedule, Session, Team, Token, User
from fairlead.verbs.organisation import edit_organisation

OWN = ["", "/password", "/sessions", "/tokens", "/absences"]
HOUSE = ["/organisation", "/people", "/teams", "/schedules"]


@pytest.fixture
def sam(client: Client, world: World) -> Client:
    client.force_login(world.sam)
    return client


@pytest.fixture
def admin(world: World) -> Client:
    client = Client()
    client.force_login(world.admin)
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def toast(client: Client, answer: Any) -> str:
    """What the page that follows says."""
    assert answer.status_code == 303, text(answer)[:2000]
    return text(client.get(answer.headers["Location"]))


@pytest.mark.parametrize("page", OWN + HOUSE)
def test_the_house_is_for_administrators_the_rest_for_everybody(sam: Client, admin: Client, page: str) -> None:
    assert admin.get(f"/settings{page}").status_code == 200
    answer = sam.get(f"/settings{page}")
    assert answer.status_code == (403 if page in HOUSE else 200)
    assert ("/settings/people" in text(answer)) is False


def test_the_profile(sam: Client, world: World) -> None:
    facts = {"name": "Sam W", "zone": "Asia/Tokyo", "locale": "de-DE", "theme": "light", "density": "comfortable"}
    refused = sam.post("/settings", facts | {"zone": "Moon", "reminder_time": "late"})
    assert refused.status_code == 422 and 'value="Sam W"' in text(refused)
    assert "Choose one of the list." in text(refused) and "Write a time like 09:00." in text(refused)
    assert "Settings saved." in toast(sam, sam.post("/settings", facts | {"reminder_time": "08:30"}))
    user = User.objects.get(pk=world.sam.pk)
    assert (user.name, user.zone, user.locale, user.shortcuts) == ("Sam W", "Asia/Tokyo", "de-DE", False)
    assert 'data-keys="off"' in text(sam.get("/settings"))
    again = sam.post("/settings", facts | {"reminder_time": "08:30", "shortcuts": "on"})
    assert 'data-keys="on"' in toast(sam, again)


def test_names_are_shown_as_text(sam: Client) -> None:
    facts = {
        "zone": "Europe/London",
        "locale": "en-GB",
        "theme": "auto",
        "density": "compact",
        "reminder_time": "09:00",
    }
    page = toast(sam, sam.post("/settings", facts | {"name": "<script>alert(1)</script>"}))
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page


def test_sessions_are_shown_and_ended(sam: Client, world: World) -> None:
    other = Client()
    other.force_login(world.sam)
    Session.objects.create(
        session_key="x", user=world.noah, expire_date=clock.now() + timedelta(days=1), public_id="noah"
    )
    page = text(sam.get("/settings/sessions"))
    assert page.count("This browser") == 1 and page.count(">End<") == 1
    sam.post("/settings/sessions/noah/end")
    assert Session.objects.filter(public_id="noah").exists()
    assert "All other sessions ended." in toast(sam, sam.post("/settings/sessions/end-others"))
    assert other.get("/settings").status_code == 302 and world.sam.sessions.count() == 1


def test_a_token_is_shown_once_and_revoked(sam: Client, world: World, admin: Client) -> None:
    assert sam.post("/settings/tokens", {"name": "", "scope": "all", "days": "9999"}).status_code == 422
    page = text(sam.post("/settings/tokens", {"name": "Backup", "scope": "write", "days": "30"}))
    token = Token.objects.get(name="Backup")
    secret = next(
        word for word in page.replace("<", " ").replace(">", " ").split() if word.startswith("fl_") and len(word) > 20
    )
    assert token.user == world.sam and token.scopes == ["read", "write"]
    assert secret not in text(sam.get("/settings/tokens")) and "Backup" in text(sam.get("/settings/tokens"))
    answers = Client().get("/api/v1/people", headers={"Authorization": f"Bearer {secret}"})
    assert answers.status_code == 200
    assert admin.post(f"/settings/tokens/{token.public_id}/revoke").status_code == 404
    assert "Backup works no more." in toast(sam, sam.post(f"/settings/tokens/{token.public_id}/revoke"))
    assert Client().get("/api/v1/people", headers={"Authorization": f"Bearer {secret}"}).status_code == 401


def test_inviting_somebody(admin: Client, world: World) -> None:
    seller, sales = Role.objects.get(name="Seller"), Team.objects.get(name="Sales")
    facts = {"name": "Ines", "email": "sam@northgate.example", "role": seller.public_id, "teams": [sales.public_id]}
    refused = admin.post("/settings/people", facts)
    assert refused.status_code == 422 and "Sam Whitlock has this address already." in text(refused)
    assert 'value="Ines"' in text(refused)
    page = toast(admin, admin.post("/settings/people", facts | {"email": "ines@northgate.example"}))
    assert "Ines is invited by mail." in page and "Invited" in page and "/undo" in page
    ines = User.objects.get(email="ines@northgate.example")
    assert list(ines.teams.all()) == [sales] and Outbox.objects.filter(payload__to=ines.email).count() == 1


def test_roles_teams_leaving_and_coming_back(admin: Client, world: World) -> None:
    at, manager = f"/settings/people/{world.sam.public_id}", Role.objects.get(name="Manager")
    technical = Team.objects.get(name="Technical")
    assert "Sam Whitlock" in text(admin.get(at))
    assert "is Manager now" in toast(admin, admin.post(f"{at}/role", {"role": manager.public_id}))
    assert "Nothing was changed" in toast(admin, admin.post(f"{at}/role", {"role": "none"}))
    assert "is in Technical now" in toast(admin, admin.post(f"{at}/join", {"team": technical.public_id}))
    assert "no longer in Technical" in toast(admin, admin.post(f"{at}/leave", {"team": technical.public_id}))
    client = Client()
    client.force_login(world.sam)
    assert "signed out everywhere" in toast(admin, admin.post(f"{at}/sign-out"))
    assert client.get("/settings").status_code == 302
    assert "cannot sign in" in toast(admin, admin.post(f"{at}/deactivate"))
    assert "can sign in again" in toast(admin, admin.post(f"{at}/reactivate"))
    assert "A new invitation" in toast(admin, admin.post(f"{at}/invite"))
    sam = User.objects.get(pk=world.sam.pk)
    assert sam.is_active and sam.role == manager and [team.name for team in sam.teams.all()] == ["Sales"]


def test_the_last_administrator_is_kept_in_words(admin: Client, world: World) -> None:
    at, seller = f"/settings/people/{world.admin.public_id}", Role.objects.get(name="Seller")
    for deed, facts in (("role", {"role": seller.public_id}), ("deactivate", {})):
        answer = admin.post(f"{at}/{deed}", facts)
        assert answer.status_code == 409 and ("Somebody must stay" in text(answer) or "yourself" in text(answer))
    assert User.objects.get(pk=world.admin.pk).role.governs


def test_teams(admin: Client, world: World) -> None:
    assert admin.post("/settings/teams", {"name": "sales"}).status_code == 422
    assert "Night added." in toast(admin, admin.post("/settings/teams", {"name": "Night"}))
    night, schedule = Team.objects.get(name="Night"), Schedule.objects.get()
    facts = {"name": "Late", "schedule": schedule.public_id, "version": night.version}
    assert "Late saved." in toast(admin, admin.post(f"/settings/teams/{night.public_id}", facts))
    assert Team.objects.get(pk=night.pk).schedule == schedule
    assert admin.get("/settings/teams/none").status_code == 404


def test_the_organisation_shows_both_values_when_two_edit_it(admin: Client, world: World) -> None:
    ours = Organisation.ours()
    facts = {"name": "Northgate", "country": "GB", "currency": "GBP", "zone": "Europe/London", "locale": "en-GB"}
    facts |= {"overdue_then": "queue", "quiet_from": "21:00", "quiet_until": "07:00"}
    edit_organisation(world.admin.actor("web"), ours, name="Southgate")
    clash = admin.post("/settings/organisation", facts | {"version": ours.version - 1})
    assert clash.status_code == 422 and "Southgate" in text(clash) and 'value="Northgate"' in text(clash)
    assert f'name="version" value="{ours.version}"' in text(clash)
    page = toast(admin, admin.post("/settings/organisation", facts | {"version": ours.version}))
    assert "Organisation saved." in page and Organisation.ours().name == "Northgate"
    admin.post(f"/acts/{Event.objects.filter(verb='edit_organisation').latest('pk').act}/undo")
    assert Organisation.ours().name == "Southgate"


def test_working_hours_as_people_write_them(admin: Client, world: World) -> None:
    schedule = Schedule.objects.get()
    at = f"/settings/schedules/{schedule.public_id}"
    assert 'value="09:00-17:30"' in text(admin.get(at))
    facts = {
        "name": "Office",
        "zone": "Europe/London",
        "country": "GB",
        "day0": "9:00-12:30, 13:30 – 17:30",
        "closed": "",
    }
    for wrong, words in (
        ({"day1": "nine to five"}, "Write hours like"),
        ({"day1": "17:00-09:00"}, "Hours run from earlier to later"),
        ({"closed": "Christmas"}, "Write closed days like"),
        ({"zone": "Moon"}, "Not saved yet"),
        ({"name": ""}, "Fill this in."),
    ):
        answer = admin.post(at, facts | wrong)
        assert answer.status_code == 422 and words in text(answer)
    closed = "2026-12-24\n2026-12-31"
    assert "Office saved." in toast(admin, admin.post(at, facts | {"closed": closed, "version": schedule.version}))
    kept = Schedule.objects.get(pk=schedule.pk)
    assert kept.hours == {"0": [["09:00", "12:30"], ["13:30", "17:30"]]}
    assert kept.closed == ["2026-12-24", "2026-12-31"]
    assert "Nights added." in toast(admin, admin.post("/settings/schedules", facts | {"name": "Nights"}))


def test_time_off(sam: Client, world: World) -> None:
    day = (clock.now() + timedelta(days=30)).date().isoformat()
    facts = {"user": world.sam.public_id, "starts_on": day, "ends_on": day, "delegate": world.noah.public_id}
    assert sam.post("/settings/absences", facts | {"ends_on": "2020-01-01"}).status_code == 422
    assert sam.post("/settings/absences", facts | {"user": world.dele.public_id}).status_code == 422
    page = toast(sam, sam.post("/settings/absences", facts))
    assert "Time off planned." in page and "Noah Bennett stands in" in page
    absence = Absence.objects.get()
    assert "Time off taken back." in toast(sam, sam.post(f"/settings/absences/{absence.public_id}/remove"))
    assert not Absence.objects.exists()


@pytest.mark.parametrize(
    ("page", "number"), [("", 5), ("/sessions", 6), ("/people", 11), ("/teams", 8), ("/organisation", 6)]
)
def test_a_page_costs_a_fixed_number_of_statements(
    admin: Client, world: World, django_assert_num_queries: Callable, page: str, number: int
) -> None:
    with django_assert_num_queries(number):
        assert admin.get(f"/settings{page}").status_code == 200
