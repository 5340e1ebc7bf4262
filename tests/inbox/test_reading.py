"""What form tools post, read as the facts of an inquiry. The bodies have the tools' shapes, with invented people."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from fairlead.reading.inquiry import Inquiry, inquiry
from fairlead.reading.synonyms import meaning


def read(body: Any, mapping: dict[str, str] | None = None) -> Inquiry:
    """A dict or list as JSON, a list of pairs as a form."""
    if isinstance(body, list) and body and isinstance(body[0], tuple):
        return inquiry(urlencode(body).encode(), {}, "application/x-www-form-urlencoded", mapping or {})
    return inquiry(json.dumps(body).encode(), {}, "application/json", mapping or {})


TYPEFORM = {
    "event_type": "form_response",
    "form_response": {
        "token": "T1",
        "hidden": {"utm_medium": "mail", "plan": "gold"},
        "definition": {"fields": [{"id": "a", "title": "How many seats?"}, {"id": "b", "title": "Who are you?"}]},
        "answers": [
            {"type": "number", "number": 45, "field": {"id": "a"}},
            {"type": "text", "text": "Ann Lee", "field": {"id": "b", "ref": "name"}},
            {"type": "email", "email": "ann@new.example", "field": {"id": "c", "ref": "x1"}},
            {"type": "phone_number", "phone_number": "+442079460555", "field": {"id": "d", "ref": "x2"}},
            {"type": "choices", "choices": {"labels": ["Red", "Blue"]}, "field": {"id": "e", "ref": "colours"}},
            {"type": "boolean", "boolean": True, "field": {"id": "f", "ref": "newsletter"}},
        ],
    },
}


def test_typeform() -> None:
    found = read(TYPEFORM)
    assert found.facts == {"email": "ann@new.example", "phone": "+442079460555"}
    extra = {"How many seats?": "45", "Who are you?": "Ann Lee", "colours": "Red, Blue", "newsletter": "yes"}
    assert found.extra == extra | {"plan": "gold"}
    assert (found.key, found.origin) == ("T1", {"utm_medium": "mail"})
    assert read(TYPEFORM, {"Who are you?": "name"}).facts["name"] == "Ann Lee"


def test_google_ads() -> None:
    columns = [("FULL_NAME", "Ann Lee"), ("EMAIL", "ann@new.example"), ("COMPANY_NAME", "Acme"), ("JOB_TITLE", "CTO")]
    body = {"lead_id": "L1", "gcl_id": "g", "form_id": 7, "google_key": "k", "is_test": True} | {
        "user_column_data": [{"column_id": name, "column_name": name, "string_value": value} for name, value in columns]
    }
    found = read(body)
    assert found.facts == {"name": "Ann Lee", "email": "ann@new.example", "company_name": "Acme", "title": "CTO"}
    assert (found.key, found.is_test, found.origin) == ("L1", True, {"gcl_id": "g", "form_id": "7"})


@pytest.mark.parametrize(
    "body",
    [
        {
            "properties": {
                "email": {"value": "ann@new.example"},
                "firstname": {"value": "Ann"},
                "lastname": {"value": "Lee"},
            }
        },
        {"properties": {"email": "ann@new.example", "firstname": "Ann", "lastname": "Lee"}, "objectId": 5},
        {
            "fields": [
                {"name": "email", "value": "ann@new.example"},
                {"name": "firstname", "value": "Ann"},
                {"objectTypeId": "0-1", "name": "lastname", "value": "Lee"},
            ],
            "context": {"pageUri": "https://www.example.com/x"},
        },
    ],
)
def test_hubspot(body: Any) -> None:
    assert read(body).facts == {"email": "ann@new.example", "name": "Ann Lee"}


def test_jotform() -> None:
    raw = {"q3_name": {"first": "Ann", "last": "Lee"}, "q4_email": "ann@new.example", "slug": "submit/1"} | {
        "q5_phoneNumber": {"area": "020", "phone": "79460555"},
        "q6_address": {"addr_line1": "1 High St", "city": "Leeds", "postal": "LS1 1AA", "country": "UK"},
        "q7_howCan": "Backups",
    }
    found = read([("formID", "9"), ("submissionID", "S1"), ("rawRequest", json.dumps(raw)), ("pretty", "…")])
    assert found.facts["name"] == "Ann Lee" and found.facts["phone"] == "02079460555"
    assert (found.facts["street"], found.facts["city"], found.facts["postal_code"]) == ("1 High St", "Leeds", "LS1 1AA")
    assert (found.key, found.origin, found.extra) == ("S1", {"form_id": "9"}, {"q7_howCan": "Backups"})


def test_wufoo() -> None:
    parts = [{"ID": "Field1", "Label": "First"}, {"ID": "Field2", "Label": "Last"}]
    structure = {
        "Fields": [
            {"ID": "Field1", "Title": "Name", "SubFields": parts},
            {"ID": "Field3", "Title": "Email"},
            {"ID": "Field4", "Title": "Budget"},
        ]
    }  # fmt: skip
    fields = [
        ("Field1", "Ann"),
        ("Field2", "Lee"),
        ("Field3", "ann@new.example"),
        ("Field4", "5000"),
        ("EntryId", "12"),
    ]
    found = read(
        [
            *fields,
            ("EntryId", "12"),
            ("FieldStructure", json.dumps(structure)),
            ("HandshakeKey", "x"),
            ("IP", "192.0.2.1"),
        ]
    )
    assert found.facts == {"name": "Ann Lee", "email": "ann@new.example"}
    assert (found.extra, found.key) == ({"Budget": "5000"}, "12")


def test_formstack() -> None:
    named = read({"FormID": "1", "UniqueID": "77", "Name": {"value": "Ann Lee"}, "Email": {"value": "ann@new.example"}})
    assert named.facts == {"name": "Ann Lee", "email": "ann@new.example"}
    posted = read([("FormID", "1"), ("UniqueID", "77"), ("Email", "ann@new.example"), ("HandshakeKey", "x")])
    assert (posted.key, posted.extra) == ("77", {})


def test_contact_form_7() -> None:
    found = read([("_wpcf7", "6"), ("_wpcf7_unit_tag", "x"), ("your-name", "Ann"), ("your-email", "ann@new.example")])
    assert (found.facts, found.extra) == ({"name": "Ann", "email": "ann@new.example"}, {})


def test_salesforce() -> None:
    fields = [
        ("oid", "00D"),
        ("retURL", "x"),
        ("first_name", "Ann"),
        ("last_name", "Lee"),
        ("email", "ann@new.example"),
    ]
    fields += [("URL", "new.example"), ("state", "Kent"), ("zip", "CT1"), ("00NF000000CGH3T", "Hello"), ("website", "")]
    found = read(fields)
    assert found.facts["name"] == "Ann Lee" and found.facts["message"] == "Hello" and found.trapped == []
    assert (found.facts["website"], found.facts["region"], found.facts["postal_code"]) == ("new.example", "Kent", "CT1")
    assert read([*fields, ("website", "http://spam.example")]).trapped == ["website"]


def test_hubspot_events_carry_no_contact_and_one_key_however_they_come() -> None:
    events = [
        {"subscriptionType": "contact.creation", "eventId": n, "attemptNumber": 0, "occurredAt": -n} for n in (1, 2)
    ]
    again = [each | {"attemptNumber": 1} for each in reversed(events)]
    first, second = read(events), read(again)
    assert not first.reachable and first.key == second.key == "1,2"
    assert json.loads(first.extra["event 1"])["eventId"] == 2  # what occurred first stands first


def test_nested_and_plain_json() -> None:
    contact = {"first_name": "Ann", "last_name": "Lee", "e-mail": "ann@new.example"}
    found = read({"data": {"contact": contact, "answers": [{"question": "Budget", "value": "5k"}]}, "utm_source": "x"})
    assert found.facts == {"name": "Ann Lee", "email": "ann@new.example"}
    assert (found.extra, found.origin) == ({"Budget": "5k"}, {"utm_source": "x"})


def test_windows_signs_in_a_form() -> None:
    found = inquiry(b"name=J%FCrgen&email=j%40new.example", {}, "application/x-www-form-urlencoded", {})
    assert found.facts["name"] == "Jürgen"


@pytest.mark.parametrize(
    ("name", "means"),
    [
        ("What is your work email address?", "email"),
        ("q3_yourEmail", "email"),
        ("E-Mail-Adresse*", "email"),
        ("Company name", "company_name"),
        ("What is your company's name?", "company_name"),
        ("Vorname", "first_name"),
        ("Nachname *", "last_name"),
        ("Téléphone", "phone"),
        ("Mensaje", "message"),
        ("How can we help you?", "message"),
        ("contact.billing.postalCode", "postal_code"),
        ("What age?", ""),
        ("I agree to the terms", ""),
        ("Preferred date", ""),
    ],
)
def test_what_a_name_means(name: str, means: str) -> None:
    assert meaning(name) == means
