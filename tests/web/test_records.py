"""Record pages: head, timeline, rights, addresses, in-place edits, deeds; with fixed numbers of queries."""

import html
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fairlead.core import clock
from fairlead.core.act import last
from fairlead.core.actor import system
from fairlead.core.record import writing
from fairlead.demo.world import World
from fairlead.models import Opportunity, Person, Role, Stage, Suppression, Task, User
from fairlead.models.suppression import in_force
from fairlead.verbs.activities import log_note
from fairlead.verbs.closing import close_lost, close_won, reopen_opportunity
from fairlead.verbs.opportunities import create_opportunity, edit_opportunity, move_stage
from fairlead.verbs.ownership import archive, assign
from fairlead.verbs.people import edit_person
from fairlead.verbs.tasks import edit_task
from fairlead.web.addresses import url_of
from fairlead.web.related import links, related
from fairlead.web.told import SIZE

pytestmark = pytest.mark.django_db
PARTIAL = {"HTTP_HX_REQUEST": "true", "HTTP_HX_REQUEST_TYPE": "partial"}
NAMES = ["priya", "peverell", "managed_it", "joanna"]


@pytest.fixture
def sam(world: World) -> Client:
    return signed_in(world.sam)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def give_role(user: User, name: str) -> None:
    with writing():
        User.objects.filter(pk=user.pk).update(role=Role.objects.get(name=name))


def limit(user: User, **levels: str) -> None:
    """Let this user see and edit as far as the levels say: person="own"."""
    grants = {noun: dict.fromkeys(("see", "edit", "create"), level) for noun, level in levels.items()}
    with writing():
        Role.objects.create(name="Narrow", grants={"*": {}, "organisation": {"see": "all"}} | grants)
    give_role(user, "Narrow")


def text_of(answer: Any) -> str:
    """The page's words, as a reader meets them."""
    plain = re.sub(r"<(script|svg)\b.*?</\1>", "", answer.content.decode(), flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", plain)).split())


def version_of(answer: Any) -> str:
    return re.search(r'name="version" value="(\d+)"', answer.content.decode())[1]  # type: ignore[index]


# --- addresses ---------------------------------------------------------------------------------------------------


def test_a_deed_offers_only_records_that_its_reader_may_see(world: World) -> None:
    limit(world.noah, opportunity="all", company="own")
    client = Client()
    client.force_login(world.noah)
    page = client.get(f"/opportunities/{world.managed_it.public_id}/edit").content.decode()
    offered = page.partition('name="company"')[2].partition("</select>")[0]
    assert "Quayside Gym" in offered and "Peverell Logistics" not in offered


@pytest.mark.parametrize("name", NAMES)
def test_every_kind_of_record_has_its_page(world: World, sam: Client, name: str) -> None:
    record = getattr(world, name)
    answer = sam.get(url_of(record))
    assert answer.status_code == 200
    assert str(record) in text_of(answer)
    assert b'id="timeline"' in answer.content and b'id="log"' in answer.content


@pytest.mark.parametrize("tail", ["", "-something-old", "-%C3%A9t%C3%A9"])
def test_a_wrong_tail_leads_to_the_right_one(world: World, sam: Client, tail: str) -> None:
    answer = sam.get(f"/people/{world.priya.public_id}{tail}?show=talk")
    assert (answer.status_code, answer["Location"]) == (302, f"{url_of(world.priya)}?show=talk")


def test_unknown_and_foreign_records_are_not_found(world: World) -> None:
    limit(world.noah, person="own")
    noah = signed_in(world.noah)
    for path in (
        "/people/zzzzzzzzzz-nobody",
        f"/people/{world.priya.public_id}",
        f"/companies/{world.priya.public_id}",
    ):
        answer = noah.get(path)
        assert answer.status_code == 404
        assert "No record at this address" in text_of(answer)


def test_a_foreign_record_is_closed_at_every_door_of_its_page(world: World) -> None:
    limit(world.noah, person="own")
    noah, base = signed_in(world.noah), f"/people/{world.priya.public_id}"
    assert noah.get(f"{base}/edit/title").status_code == 404
    for path in ("log", "plan", "files", "archive", "edit/title"):
        assert noah.post(f"{base}/{path}", {"kind": "note", "text": "x", "title": "x"}).status_code == 404
    assert Person.objects.get(pk=world.priya.pk).title == world.priya.title


def test_linked_records_that_are_foreign_are_not_named(world: World) -> None:
    limit(world.noah, person="all", company="none", opportunity="none", lead="none")
    page = text_of(signed_in(world.noah).get(url_of(world.priya)))
    assert "Priya Raman" in page
    assert "Managed IT for 45 seats" not in page and "Peverell Logistics" not in page


def test_signed_out_is_led_to_sign_in(world: World, client: Client) -> None:
    answer = client.get(url_of(world.priya))
    assert answer.status_code == 302 and answer["Location"].startswith("/sign-in")


def test_neighbours_in_the_list_it_came_from(world: World, sam: Client) -> None:
    page = sam.get(f"{url_of(world.priya)}?in=sort%3Dname").content.decode()
    assert 'data-key="J"' in page and 'data-key="K"' in page and "?in=sort%3Dname" in page
    assert 'data-key="J"' not in sam.get(url_of(world.priya)).content.decode()
    assert sam.get(f"{url_of(world.priya)}?in=sort%3Dnonsense%26x%3D1").status_code == 200


# --- queries -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "most"), [("priya", 16), ("peverell", 17), ("managed_it", 28), ("joanna", 18)])
def test_queries_of_a_page(world: World, sam: Client, name: str, most: int) -> None:
    url = url_of(getattr(world, name))
    sam.get(url)
    with CaptureQueriesContext(connection) as before:
        sam.get(url)
    assert len(before) <= most, "\n".join(query["sql"][:150] for query in before)
    for number in range(40):
        log_note(world.sam.actor("web"), getattr(world, name), text=f"Note {number}", next_step=f"Step {number}")
    with CaptureQueriesContext(connection) as after:
        sam.get(url)
    assert len(after) <= len(before) + 1  # people named by newer changes


@pytest.mark.parametrize("name", NAMES)
def test_the_timeline_is_over_the_records_that_belong_together(world: World, name: str) -> None:
    record = getattr(world, name)
    assert set(links(record, related(record, world.admin.actor("web")))) == set(record.linked())


# --- timeline ----------------------------------------------------------------------------------------------------


def test_the_timeline_tells_who_did_what(world: World, sam: Client) -> None:
    page = text_of(sam.get(url_of(world.managed_it)))
    assert "Sam Whitlock got an e-mail from Priya Raman" in page
    assert "Sam Whitlock moved it from Develop to Propose" in page
    assert "Does the price include the Felixstowe depot" in page
    assert "called about Managed IT for 45 seats" in text_of(sam.get(url_of(world.peverell)))


def test_filters_keep_talk_and_changes_apart(world: World, sam: Client) -> None:
    url = url_of(world.managed_it)
    talk, changes = text_of(sam.get(f"{url}?show=talk")), text_of(sam.get(f"{url}?show=changes"))
    assert "got an e-mail" in talk and "moved it from" not in talk
    assert "moved it from" in changes and "got an e-mail" not in changes
    assert "got an e-mail" in text_of(sam.get(f"{url}?show=nonsense"))


def test_older_lines_page_by_page_without_gap_or_repeat(world: World, sam: Client) -> None:
    for number in range(2 * SIZE):
        log_note(world.sam.actor("web"), world.lukasz, text=f"Line <{number}>.")
    found: list[str] = []
    url = url_of(world.lukasz)
    while url:
        page = sam.get(url).content.decode()
        found += re.findall(r"Line &lt;(\d+)&gt;\.", page)
        older = re.search(r'href="([^"]+)" rel="next">Older', page)
        url = html.unescape(older[1]) if older else ""
    assert found == [str(number) for number in reversed(range(2 * SIZE))]


@pytest.mark.parametrize("cursor", ["nonsense", "2025-01-01~1", "2025-01-01T00:00:00+00:00~99999999999999999999", "~"])
def test_a_cursor_that_is_none_begins_at_the_top(world: World, sam: Client, cursor: str) -> None:
    answer = sam.get(url_of(world.managed_it), {"before": cursor})
    assert answer.status_code == 200 and "got an e-mail" in text_of(answer)


def test_several_changed_fields_are_folded(world: World, sam: Client) -> None:
    edit_person(world.sam.actor("web"), world.priya, title="Director", call_name="Pri", mails=["p@new.example"])
    page = text_of(sam.get(url_of(world.priya)))
    assert "fields changed" in page and "Operations Director → Director" in page and "p@new.example" in page


def test_a_next_step_stands_in_the_line_of_its_call(world: World, sam: Client) -> None:
    today = clock.today(world.sam.tz)
    log_note(world.sam.actor("web"), world.lukasz, text="Nice talk.", next_step="Send prices", next_on=today)
    page = text_of(sam.get(url_of(world.lukasz)))
    assert "Send prices, Today" in page and "planned “Send prices”" not in page


def test_text_of_people_is_never_markup(world: World, sam: Client) -> None:
    hostile = "<img src=x onerror=alert(1)>\"'{{7*7}}"
    log_note(world.sam.actor("web"), world.priya, text=hostile, next_step=hostile)
    edit_person(world.sam.actor("web"), world.priya, name=hostile, title=hostile)
    page = sam.get(f"/people/{world.priya.public_id}", follow=True).content.decode()
    assert "<img src=x" not in page and "49" not in re.findall(r"&#39;(\d+)", page)


# --- the stage line ----------------------------------------------------------------------------------------------


def test_stages_with_days_and_moving(world: World, sam: Client) -> None:
    sale = world.managed_it
    page = text_of(sam.get(url_of(sale)))
    assert re.search(r"Qualify \d+ to \d+ \w+ · \d+ days", page) or "Qualify" in page
    assert re.search(r"Day \d+, usually 8", page) and "Won or lost" in page
    close = Stage.objects.get(name="Close")
    answer = sam.post(f"/opportunities/{sale.public_id}/move-stage?stage={close.public_id}", follow=True)
    assert "Moved Managed IT for 45 seats from Propose to Close." in text_of(answer)
    assert "Day 1, usually 7" in text_of(answer)
    assert Opportunity.objects.get(pk=sale.pk).stage == close


def test_a_skipped_stage_says_so(world: World, sam: Client) -> None:
    by = world.sam.actor("web")
    sale = world.opportunity("Microsoft 365 move")
    move_stage(by, sale, stage=Stage.objects.get(name="Close"), reason="They want it now")
    assert "Develop Skipped" in text_of(sam.get(url_of(sale)))


def test_a_day_in_a_stage_counts_once_and_nothing_is_to_come_of_what_is_closed(world: World, sam: Client) -> None:
    by, sale = world.sam.actor("web"), create_opportunity(world.sam.actor("web"), title="Same day")
    for name in ("Develop", "Qualify", "Develop", "Qualify"):
        move_stage(by, sale, stage=Stage.objects.get(name=name), reason="To and fro")
    close_lost(by, sale, reason=world.reason("Price"))
    page = text_of(sam.get(url_of(sale)))
    assert re.search(r"Qualify \d+ \w+ · 1 day Develop", page) and "Usually" not in page and "Won or lost" not in page
    close_won(by, reopen_opportunity(by, sale))
    assert "Propose Skipped Close Skipped" in text_of(sam.get(url_of(sale)))


def test_won_lost_and_reopened(world: World, sam: Client) -> None:
    base = f"/opportunities/{world.managed_it.public_id}"
    assert "Mark as lost" in text_of(sam.get(f"{base}/close-lost"))
    refused = sam.post(f"{base}/close-lost", {"reason": " ", "note": "Went quiet"})
    assert (
        refused.status_code == 422
        and "This is needed." in text_of(refused)
        and "Went quiet" in refused.content.decode()
    )
    page = text_of(
        sam.post(f"{base}/close-lost", {"reason": world.reason("Price").public_id, "note": "Went quiet"}, follow=True)
    )
    assert "lost it: Price" in page and "Went quiet" in page and "Reopen" in page
    assert "reopened it" in text_of(sam.post(f"{base}/reopen", follow=True))
    assert "won it" in text_of(sam.post(f"{base}/close-won", follow=True))
    assert Opportunity.objects.get(pk=world.managed_it.pk).state == "won"


# --- properties in place -----------------------------------------------------------------------------------------


def edit(client: Client, url: str, name: str, value: str, version: str = "", **more: Any) -> Any:
    return client.post(f"{url}/edit/{name}", {name: value, "version": version}, **{**PARTIAL, **more})


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("amount", "40k", "£40,000 a year"),
        ("amount", "", "Add"),
        ("close_on", "2031-12-12", "12 Dec 2031"),
        ("likelihood", "75%", "75%"),
        ("recurs", "month", "a month"),
        ("person", "beth lowe", "Beth Lowe"),
        ("tags", "north, Key account", "Key account, north"),
        ("about", "Two\nlines", "Two lines"),
    ],
)
def test_a_property_is_saved_and_shown(world: World, sam: Client, name: str, value: str, shown: str) -> None:
    base = f"/opportunities/{world.managed_it.public_id}"
    form = sam.get(f"{base}/edit/{name}", **PARTIAL)
    assert form.status_code == 200 and b"<!doctype" not in form.content
    answer = edit(sam, base, name, value, version_of(form))
    assert answer.status_code == 200 and shown in text_of(answer) and "saved." in text_of(answer)
    assert shown in text_of(sam.get(url_of(world.managed_it)))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("amount", "lots", "no amount"),
        ("amount", "9" * 30, "Write an amount"),
        ("close_on", "soonish", "no date"),
        ("likelihood", "300", "percentage"),
        ("likelihood", "many", "no whole number"),
        ("recurs", "daily", "from the list"),
        ("company", "Peverel", "Did you mean Peverell Logistics"),
        ("title", "  ", "name is needed"),
        ("title", "x" * 201, "200"),
        ("about", "a\x00b", "NUL"),
        ("source", "zzz", "from the list"),
    ],
)
def test_what_cannot_be_read_is_asked_again(world: World, sam: Client, name: str, value: str, words: str) -> None:
    base = f"/opportunities/{world.managed_it.public_id}"
    answer = edit(sam, base, name, value)
    assert answer.status_code == 422 and words in text_of(answer)
    plain = edit(sam, base, name, value, HTTP_HX_REQUEST_TYPE="full")
    assert plain.status_code == 422 and words in text_of(plain) and b"<!doctype" in plain.content


def test_contact_points_and_address_of_a_person(world: World, sam: Client) -> None:
    base = f"/people/{world.priya.public_id}"
    assert "2 " not in text_of(edit(sam, base, "mails", "a@new.example, b@new.example"))
    assert edit(sam, base, "mails", "not a mail").status_code == 422
    assert "020 7946 0999" in text_of(edit(sam, base, "phones", "020 7946 0999"))
    form = text_of(sam.get(f"{base}/edit/address", **PARTIAL))
    assert "Street" in form and "Postal code" in form
    answer = sam.post(f"{base}/edit/address", {"street": "1 Dock Road", "city": "Felixstowe"}, follow=True)
    page = text_of(answer)
    assert "1 Dock Road, Felixstowe" in page and "a@new.example, b@new.example" in page


def test_a_property_without_javascript(world: World, sam: Client) -> None:
    base = f"/people/{world.priya.public_id}"
    form = sam.get(f"{base}/edit/title")
    assert "Job title of Priya Raman" in text_of(form)
    answer = sam.post(f"{base}/edit/title", {"title": "Director", "version": version_of(form)}, follow=True)
    assert "Job title saved." in text_of(answer) and "Director · Peverell" in text_of(answer)


def test_a_new_name_moves_to_its_new_address(world: World, sam: Client) -> None:
    answer = edit(sam, f"/people/{world.priya.public_id}", "name", "Priya Raman-Holt")
    assert answer["HX-Location"] == f"/people/{world.priya.public_id}-priya-raman-holt"


def test_the_same_field_shows_both_values(world: World, sam: Client) -> None:
    base = f"/opportunities/{world.managed_it.public_id}"
    seen = version_of(sam.get(f"{base}/edit/title", **PARTIAL))
    edit_opportunity(world.mira.actor("web"), world.managed_it, title="Managed IT, three sites")
    clash = edit(sam, base, "title", "Managed IT, 50 seats", seen)
    assert clash.status_code == 409
    words = text_of(clash)
    assert "Mira Holt changed title to Managed IT, three sites" in words and "Managed IT, 50 seats" in words
    assert "Managed IT, three sites" in text_of(sam.get(f"{base}/edit/title?keep=theirs", **PARTIAL))
    mine = edit(sam, base, "title", "Managed IT, 50 seats", version_of(clash))
    assert mine.status_code == 200 and Opportunity.objects.get(pk=world.managed_it.pk).title == "Managed IT, 50 seats"


@pytest.mark.parametrize(
    ("name", "theirs", "mine", "shown"),
    [
        ("amount", {"amount": 50000}, "40000", "£50,000"),
        ("close_on", {"close_on": "2031-01-31"}, "2031-02-01", "31 Jan 2031"),
    ],
)
def test_a_conflict_reads_in_words(world: World, sam: Client, name: str, theirs: Any, mine: str, shown: str) -> None:
    base = f"/opportunities/{world.managed_it.public_id}"
    seen = version_of(sam.get(f"{base}/edit/{name}", **PARTIAL))
    facts = {key: Decimal(value) if key == "amount" else date.fromisoformat(value) for key, value in theirs.items()}
    edit_opportunity(world.mira.actor("web"), world.managed_it, **facts)
    clash = edit(sam, base, name, mine, seen)
    assert clash.status_code == 409 and shown in text_of(clash)


def test_a_task_that_two_people_edit_shows_both_sides(world: World, sam: Client) -> None:
    task, url = world.call_priya, f"/tasks/{world.call_priya.public_id}/edit"
    form = sam.get(url)
    assert task.due_on is not None
    edit_task(world.mira.actor("web"), task, due_on=date(2031, 1, 31), kind="mail")
    mine = {"title": "Ring Priya", "kind": "meeting", "due_on": "1 Feb 2031", "version": version_of(form)}
    clash = sam.post(url, mine)
    words = text_of(clash)
    assert clash.status_code == 409 and "Mira Holt changed this while you were editing" in words
    assert "Sat 1 Feb 2031" in words and "Fri 31 Jan 2031" in words
    assert "Meeting" in words and "E-mail" in words and "Title Ring" not in words
    assert f'value="{task.title}"' not in clash.content.decode() and 'value="Ring Priya"' in clash.content.decode()
    sam.post(url, mine | {"version": version_of(clash), "keep_theirs": "due_on kind"})
    now = Task.objects.get(pk=task.pk)
    assert (now.title, now.kind, now.due_on) == ("Ring Priya", "mail", date(2031, 1, 31))
    sam.post(url, mine | {"version": str(now.version)})
    now.refresh_from_db()
    assert (now.kind, now.due_on) == ("meeting", date(2031, 2, 1))


def test_different_fields_unite(world: World, sam: Client) -> None:
    base = f"/opportunities/{world.managed_it.public_id}"
    seen = version_of(sam.get(f"{base}/edit/about", **PARTIAL))
    edit_opportunity(world.mira.actor("web"), world.managed_it, title="Managed IT, three sites")
    assert edit(sam, base, "about", "New words", seen).status_code == 200
    now = Opportunity.objects.get(pk=world.managed_it.pk)
    assert (now.title, now.about) == ("Managed IT, three sites", "New words")


def test_who_may_only_see_cannot_edit(world: World) -> None:
    give_role(world.noah, "Read-only")
    noah, base = signed_in(world.noah), f"/opportunities/{world.managed_it.public_id}"
    page = noah.get(url_of(world.managed_it))
    assert b"data-editable" not in page.content and b'id="log"' not in page.content
    assert b"close-won" not in page.content and b"/undo" not in page.content
    assert noah.get(f"{base}/edit/title").status_code == 403
    assert noah.post(f"{base}/edit/title", {"title": "x"}).status_code == 403
    noah.post(f"{base}/close-won")
    noah.post(f"/tasks/{world.call_priya.public_id}/done")
    assert Opportunity.objects.get(pk=world.managed_it.pk).state == "open"
    assert Task.objects.get(pk=world.call_priya.pk).is_open


# --- deeds -------------------------------------------------------------------------------------------------------


def test_archived_shows_a_notice_and_comes_back(world: World) -> None:
    mira, base = signed_in(world.mira), f"/people/{world.lukasz.public_id}"
    page = text_of(mira.post(f"{base}/archive", follow=True))
    assert "This record is archived" in page and "Bring back" in page and "Archived Łukasz Zieliński." in page
    assert b'id="log"' not in mira.get(url_of(world.lukasz)).content
    assert "This record is archived" not in text_of(mira.post(f"{base}/unarchive", follow=True))


def test_do_not_contact_is_set_and_lifted_with_reasons(world: World, sam: Client) -> None:
    base = f"/people/{world.priya.public_id}"
    assert "Stop contact" in text_of(sam.get(f"{base}/suppress"))
    assert sam.post(f"{base}/suppress", {"channel": "any", "reason": ""}).status_code == 422
    page = text_of(sam.post(f"{base}/suppress", {"channel": "any", "reason": "Asked by phone"}, follow=True))
    assert "Do not contact Calls, e-mails and post are off since Today. Asked by phone" in page
    stop = in_force().get(person=world.priya)
    page = text_of(sam.post(f"/suppressions/{stop.public_id}/lift", {"reason": "Came back"}, follow=True))
    assert "are off" not in page and "lifted a do-not-contact: Came back" in page
    assert Suppression.objects.get(pk=stop.pk).lifted_at


def test_a_company_that_is_not_to_be_contacted_shows_on_its_people(world: World, sam: Client) -> None:
    sam.post(f"/companies/{world.peverell.public_id}/suppress", {"channel": "mail", "reason": "Legal"})
    assert "E-mails are off since Today. Legal" in text_of(sam.get(url_of(world.priya)))


def test_assigned_and_helped(world: World) -> None:
    mira, base = signed_in(world.mira), f"/opportunities/{world.managed_it.public_id}"
    assert "Noah" in text_of(mira.get(f"{base}/assign"))
    page = text_of(mira.post(f"{base}/assign", {"owner": world.noah.public_id}, follow=True))
    assert "gave it to Noah" in page and Opportunity.objects.get(pk=world.managed_it.pk).owner == world.noah
    page = text_of(mira.post(f"{base}/add-collaborator", {"helper": world.lena.public_id}, follow=True))
    assert "to help with it" in page
    mira.post(f"{base}/remove-collaborator?helper={world.lena.public_id}")
    assert world.lena not in Opportunity.objects.get(pk=world.managed_it.pk).collaborators.all()


def test_a_day_pressed_twice_is_planned_once(world: World, sam: Client) -> None:
    page = sam.get(url_of(world.unplanned)).content.decode()
    token = re.findall(r'name="token" value="(plan [^"]+)"', page)[0]
    for _ in range(2):
        sam.post(f"/opportunities/{world.unplanned.public_id}/plan", {"due": "tomorrow", "token": token})
    assert Task.objects.filter(opportunity=world.unplanned, state="open").count() == 1


def test_parked_and_taken_up_again(world: World, sam: Client) -> None:
    base = f"/opportunities/{world.unplanned.public_id}"
    assert "No next step" in text_of(sam.get(url_of(world.unplanned)))
    assert sam.post(f"{base}/park", {"until": "whenever"}).status_code == 422
    page = text_of(sam.post(f"{base}/park", {"until": "+2w"}, follow=True))
    day = Opportunity.objects.get(pk=world.unplanned.pk).parked_until
    assert "Parked until" in page and str(day) not in page.replace(f'datetime="{day}', "")
    assert "No next step" in text_of(sam.post(f"{base}/unpark", follow=True))


@pytest.mark.parametrize("path", ["fly-away", "create-person", "set-up", "log-call"])
def test_only_verbs_of_the_noun_are_deeds(world: World, sam: Client, path: str) -> None:
    answer = sam.post(f"/people/{world.priya.public_id}/{path}")
    assert answer.status_code in {404, 422, 303}
    assert answer.status_code == 404 or path == "log-call"


def test_a_deed_that_is_done_already_says_so(world: World, sam: Client) -> None:
    base = f"/opportunities/{world.managed_it.public_id}"
    sam.post(f"{base}/close-won")
    assert "That is so already." in text_of(sam.post(f"{base}/close-won", follow=True))


def test_a_refused_deed_says_why(world: World, sam: Client) -> None:
    base = f"/opportunities/{world.managed_it.public_id}"
    sam.post(f"{base}/close-won")
    close = Stage.objects.get(name="Close")
    assert "Reopen it first." in text_of(sam.post(f"{base}/move-stage?stage={close.public_id}", follow=True))


def test_the_way_back_never_leaves_the_house(world: World, sam: Client) -> None:
    base = f"/opportunities/{world.managed_it.public_id}"
    for referer in (
        "https://evil.example/people",
        "javascript:alert(1)",
        "//evil.example",
        "http://testserver//evil.example",
    ):
        answer = sam.post(f"{base}/close-won", HTTP_REFERER=referer)
        assert answer["Location"].startswith("/opportunities/")
    answer = sam.post(f"{base}/reopen", HTTP_REFERER="http://testserver/people?q=x")
    assert answer["Location"] == "/people?q=x"


def test_get_changes_nothing(world: World, sam: Client) -> None:
    base = f"/opportunities/{world.managed_it.public_id}"
    for path in ("close-won", "archive", "reopen", "log", "plan", "files"):
        sam.get(f"{base}/{path}")
    sam.get(f"/tasks/{world.call_priya.public_id}/done")
    assert Opportunity.objects.get(pk=world.managed_it.pk).state == "open"
    assert Task.objects.get(pk=world.call_priya.pk).is_open
    assert last() is None or not last().changed  # type: ignore[union-attr]


# --- tasks -------------------------------------------------------------------------------------------------------


def test_a_step_done_asks_for_the_next(world: World, sam: Client) -> None:
    url = url_of(world.managed_it)
    task = f"/tasks/{world.call_priya.public_id}"
    answer = sam.post(f"{task}/done", HTTP_REFERER=f"http://testserver{url}")
    assert (answer.status_code, answer["Location"]) == (303, f"{url}?kind=task#log")
    page = sam.get(answer["Location"].partition("#")[0]).content.decode()
    assert re.search(r'value="task" checked', page) and "autofocus" in page
    again = sam.post(f"{task}/done", follow=True)
    assert "That is so already." in text_of(again)
    assert "reopened" in text_of(sam.post(f"{task}/reopen", follow=True))


def test_a_row_of_today_goes_with_a_notice(world: World, sam: Client) -> None:
    answer = sam.post(f"/tasks/{world.call_tom.public_id}/done", **PARTIAL)
    assert answer.status_code == 200 and answer.content.strip().startswith(b"<div hx-swap-oob=")
    assert "Did “Call Tom Ashworth”. Undo" in text_of(answer)
    assert not Task.objects.get(pk=world.call_tom.pk).is_open


def test_a_refused_row_stays(world: World) -> None:
    give_role(world.noah, "Read-only")
    answer = signed_in(world.noah).post(f"/tasks/{world.call_tom.public_id}/done", **PARTIAL)
    assert answer.status_code == 200 and answer["HX-Reswap"] == "none" and "does not allow" in text_of(answer)


@pytest.mark.parametrize(("due", "days"), [("", 1), ("tomorrow", 1), ("+2w", 14)])
def test_snoozed(world: World, sam: Client, due: str, days: int) -> None:
    sam.post(f"/tasks/{world.call_tom.public_id}/snooze?due={due.replace('+', '%2B')}")
    on = Task.objects.get(pk=world.call_tom.pk).due_on
    assert on is not None and (on - clock.today(world.sam.tz)).days == days


def test_a_task_is_edited_handed_over_and_cancelled(world: World, sam: Client) -> None:
    base = f"/tasks/{world.call_tom.public_id}"
    assert "Change the task" in text_of(sam.get(f"{base}/edit"))
    assert sam.post(f"{base}/edit", {"title": "Ring Tom", "due_on": "never"}).status_code == 422
    sam.post(f"{base}/edit", {"title": "Ring Tom", "kind": "call", "due_on": "fri", "due_time": "15:00"})
    task = Task.objects.get(pk=world.call_tom.pk)
    assert task.title == "Ring Tom" and str(task.due_time) == "15:00:00"
    sam.post(f"{base}/assign", {"assignee": world.lena.public_id})
    assert Task.objects.get(pk=task.pk).assignee == world.lena
    sam.post(f"{base}/cancel")
    assert Task.objects.get(pk=task.pk).state == "cancelled"


def test_names_of_others_stay_with_the_system(world: World) -> None:
    """A deed of the product itself is told as its own."""
    assign(system("rule"), world.joanna, owner=world.noah)
    archive(system("rule"), world.lukasz)
    assert "Fairlead gave it to Noah" in text_of(signed_in(world.mira).get(url_of(world.joanna)))
