"""Passkeys: made in the settings, shown at the sign-in, and every answer that does not fit."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from fairlead.core import clock
from fairlead.core.actor import system
from fairlead.core.event import Event
from fairlead.models import Passkey, Session, User
from fairlead.verbs.second_factors import require_second_factor
from fairlead.verbs.users import deactivate_user
from tests.web.device import Device
from tests.web.test_sign_in import GOOD, enter, sam, signed_in
from tests.web.test_two_factor import set_up

__all__ = ["sam"]
KEYS = "/settings/second-factor/passkeys"


def add(client: Client, device: Device, name: str = "Phone") -> int:
    options = client.post(f"{KEYS}/options").json()
    return client.post(KEYS, {"name": name, "answer": device.make(options)}).status_code


def show(client: Client, device: Device) -> int:
    options = client.post("/sign-in/passkey/options").json()
    return client.post("/sign-in/passkey", {"answer": device.use(options)}).status_code


@pytest.fixture
def device(client: Client, sam: User) -> Device:
    device = Device()
    assert enter(client, sam.email) == 303 and add(client, device) == 200
    return device


def test_a_passkey_signs_in_alone(client: Client, sam: User, device: Device) -> None:
    page = client.get("/settings/second-factor").content.decode()
    assert "Phone" in page and "10 of 10 left" in page
    fresh = Client()
    assert show(fresh, device) == 303 and signed_in(fresh)
    assert Session.objects.filter(user=sam).count() == 2
    assert Passkey.objects.get().last_used_at is not None
    told = "".join(str(row) for row in Event.objects.filter(verb="add_passkey").values())
    assert "Phone" in told and Passkey.objects.get().public_key not in told


def test_with_a_passkey_the_password_alone_opens_nothing(sam: User, device: Device) -> None:
    fresh = Client()
    answer = fresh.post("/sign-in", {"email": sam.email, "password": GOOD, "next": "/people"})
    assert answer.headers["Location"] == "/sign-in/second" and not signed_in(fresh)
    assert "Use a passkey" in fresh.get("/sign-in/second").content.decode()
    options = fresh.post("/sign-in/passkey/options").json()
    assert fresh.post("/sign-in/passkey", {"answer": device.use(options)}).headers["Location"] == "/people"


def test_an_answer_works_once_and_for_five_minutes(device: Device) -> None:
    client, other = Client(), Client()
    answer = device.use(client.post("/sign-in/passkey/options").json())
    other.post("/sign-in/passkey/options")
    assert other.post("/sign-in/passkey", {"answer": answer}).status_code == 422
    assert client.post("/sign-in/passkey", {"answer": answer}).status_code == 303
    client.post("/sign-out")
    assert client.post("/sign-in/passkey", {"answer": answer}).status_code == 422
    late = device.use(client.post("/sign-in/passkey/options").json())
    with clock.at(clock.now() + timedelta(minutes=6)):
        assert client.post("/sign-in/passkey", {"answer": late}).status_code == 422
    assert not signed_in(client)


def test_copies_strangers_and_other_sites_stay_out(device: Device) -> None:
    client = Client()
    device.count = 5
    assert show(client, device) == 303
    client.post("/sign-out")
    device.count = 3  # a copy made before counts from before
    assert show(client, device) == 422
    device.count = 10
    device.origin = "http://evil.example"
    assert show(client, device) == 422
    device.origin, device.host = "http://testserver", "evil.example"
    assert show(client, device) == 422
    device.host, device.verifies = "testserver", False
    assert show(client, device) == 422
    device.verifies = True
    assert show(client, Device()) == 422 and not signed_in(client)
    assert show(client, device) == 303


@pytest.mark.parametrize(
    "answer", ["", "{}", "[]", "null", '{"id": 7}', "\x00", "[" * 5000, json.dumps({"id": "x" * 9999})]
)
def test_what_is_no_answer_is_refused(client: Client, device: Device, answer: str) -> None:
    fresh = Client()
    fresh.post("/sign-in/passkey/options")
    assert fresh.post("/sign-in/passkey", {"answer": answer}).status_code == 422
    client.post(f"{KEYS}/options")
    assert client.post(KEYS, {"answer": answer}).status_code == 422
    known = json.dumps({"id": Passkey.objects.get().credential, "response": answer})
    fresh.post("/sign-in/passkey/options")
    assert fresh.post("/sign-in/passkey", {"answer": known}).status_code == 422


def test_a_deactivated_user_and_a_removed_passkey_stay_out(client: Client, sam: User, device: Device) -> None:
    second = Device()
    assert add(client, second, "Key") == 303
    gone = Passkey.objects.get(name="Phone")
    assert client.post(f"{KEYS}/{gone.public_id}/remove").status_code == 303
    assert show(Client(), device) == 422 and show(Client(), second) == 303
    deactivate_user(system("test"), sam)
    assert show(Client(), second) == 422


def test_the_same_device_is_kept_once_and_a_needed_one_stays(client: Client, sam: User, device: Device) -> None:
    assert add(client, device) == 409 and Passkey.objects.count() == 1
    require_second_factor(system("test"), sam.role, required=True)
    remove = f"{KEYS}/{Passkey.objects.get().public_id}/remove"
    assert client.post(remove).status_code == 409 and Passkey.objects.exists()
    set_up(client)
    assert client.post(remove).status_code == 303 and not Passkey.objects.exists()
    with clock.at(clock.now() + timedelta(minutes=16)):
        assert client.post(f"{KEYS}/options").status_code == 401


def test_a_passkey_satisfies_a_role_that_needs_a_second_factor(client: Client, sam: User) -> None:
    require_second_factor(system("test"), sam.role, required=True)
    enter(client, sam.email)
    assert client.get("/people").status_code == 302
    assert add(client, Device(), "") == 200 and client.get("/people").status_code == 200
    assert Passkey.objects.get().name == "A browser"


def test_passkeys_and_passwords_share_one_limit_of_tries(sam: User, device: Device) -> None:
    guessing = Client(REMOTE_ADDR="192.0.2.7")
    for _each in range(10):
        assert guessing.post("/sign-in/passkey", {"answer": "{}"}).status_code == 422
    assert show(guessing, device) == enter(guessing, sam.email) == 429
    assert show(Client(REMOTE_ADDR="192.0.2.8"), device) == 303
