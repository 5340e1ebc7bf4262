"""Tracks on pages: defined in one form, previewed and applied, checked off beside the record, asked about on Today."""

import re
from typing import Any

import pytest
from django.test import Client

from fairlead.core import clock
from fairlead.core.actor import system
from fairlead.demo.world import World
from fairlead.models import Activity, MailTemplate, RunningTrack, Source, Task, Track
from fairlead.verbs.leads import create_lead
from fairlead.verbs.mail_templates import archive_mail_template
from fairlead.verbs.tasks import complete_task
from fairlead.verbs.track_definitions import archive_track, create_track, edit_track
from fairlead.verbs.tracks import apply_track, pause_track
from tests.web.test_records import text_of

LINE = {
    "key": "", "text": "", "kind": "call", "unit": "weekdays", "after": "previous", "rule": "owner", "user": "",
    "role": "", "template": "", "days": "1", "time": "", "outcomes": "",
}  # fmt: skip


@pytest.fixture
def iris(world: World, client: Client) -> Client:
    client.force_login(world.admin)
    return client


def form(track: Track, *lines: dict[str, str], **facts: Any) -> dict[str, Any]:
    """What the form of a track posts."""
    given = {"name": track.name, "applies_to": ["opportunity"], "version": track.version, "counts_from": "start"}
    whole = [LINE | line for line in lines]
    return given | {name: [line[name] for line in whole] for name in LINE} | facts


def test_a_track_is_made_edited_and_shown_with_real_days(world: World, iris: Client) -> None:
    answer = iris.post("/tracks/new", {"name": "Trial"})
    track = Track.objects.get(name="Trial")
    at = f"/tracks/{track.public_id}"
    assert (
        answer["Location"] == at
        and b"There is one named trial already" in iris.post("/tracks/new", {"name": "trial"}).content
    )
    first, second = {"text": "Welcome", "kind": "mail", "days": "0"}, {"text": "Ring", "outcomes": "Keen > Renewal\nNo"}
    moved = iris.post(at, form(track, first, second, do="down-0")).content.decode()
    assert moved.index('value="Ring"') < moved.index('value="Welcome"') and not track.newest.steps.exists()
    more = iris.post(at, form(track, first, second, do="add")).content.decode()
    assert (
        more.count('name="text"') == 3
        and iris.post(at, form(track, first, do="drop-0")).content.count(b'name="text"') == 0
    )
    shown = iris.post(f"{at}/example", form(track, first, second)).content.decode()
    assert "If it started today" in shown and "Welcome" in shown and shown.count("<time") == 2
    assert iris.post(at, form(track, first, second, do="save")).status_code == 303
    steps = list(track.newest.steps.all())
    assert [each.text for each in steps] == ["Welcome", "Ring"]
    renewal = Track.objects.get(name="Renewal").public_id
    assert steps[1].outcomes == [{"name": "Keen", "next": renewal}, {"name": "No", "next": ""}]
    assert "Keen &gt; Renewal" in iris.get(at).content.decode()
    late = iris.post(at, form(track, first, version=1, do="save"))
    assert late.status_code == 409 and b"changed this while you were editing" in late.content
    for line, words in (
        ({"days": "two"}, "Write a whole number"),
        ({"outcomes": "Yes > Nowhere"}, "no track named Nowhere"),
    ):
        refused = iris.post(at, form(track, {"text": "x"} | line, do="save"))
        assert refused.status_code == 422 and words in refused.content.decode()


def test_sellers_read_definitions_and_change_none(world: World, client: Client) -> None:
    client.force_login(world.sam)
    track = Track.objects.get(name="New lead")
    page = client.get(f"/tracks/{track.public_id}").content.decode()
    assert "If it started today" in page and "Save track" not in page
    assert b"New lead" in client.get("/tracks").content
    for path in ("", "/archive", "/copy", "/trigger"):
        assert client.post(f"/tracks/{track.public_id}{path}", {"name": "Mine"}).status_code == 403
    assert client.post("/tracks/new", {"name": "Mine"}).status_code == 403


def test_copied_archived_brought_back_and_started_by_a_source(world: World, iris: Client) -> None:
    track = Track.objects.get(name="New lead")
    at = f"/tracks/{track.public_id}"
    iris.post(f"{at}/copy")
    assert Track.objects.filter(name="New lead, copy").exists()
    fair = Source.objects.get(name="Trade show")
    iris.post(f"{at}/trigger", {"by": f"source:{fair.public_id}"})
    trigger = track.triggers.get()
    assert "A lead comes by Trade show" in iris.get(at).content.decode()
    iris.post(f"{at}/untrigger?trigger={trigger.public_id}")
    iris.post(f"{at}/archive")
    assert track.triggers.live().count() == 0 and "Bring back" in iris.get("/tracks").content.decode()
    iris.post(f"{at}/unarchive")
    assert Track.objects.get(pk=track.pk).archived_at is None


def test_a_track_is_applied_with_every_day_shown_first(world: World, client: Client) -> None:
    client.force_login(world.sam)
    sale, track = world.unplanned, Track.objects.get(name="Quote follow-up")
    at = f"/opportunities/{sale.public_id}/track"
    create_track(system("test"), name="Without steps", applies_to=["opportunity"])
    assert b"Without steps" not in client.get(at).content
    page = client.get(f"{at}?track={track.public_id}").content.decode()
    keys = [each.key for each in track.newest.steps.all()]
    assert page.count('type="checkbox" name="in.') == 4 and page.count("waits") == 3
    assert not RunningTrack.objects.filter(opportunity=sale).exists()
    first = clock.today(world.sam.tz)
    given = {"number": "1", "on": first.isoformat()} | {f"was.{key}": "" for key in keys}
    given |= {f"in.{key}": "1" for key in keys[:3]} | {f"on.{keys[0]}": "2031-05-05"}
    given |= {f"who.{keys[0]}": world.noah.public_id, f"had.{keys[0]}": world.sam.public_id}
    looked = client.post(f"{at}?track={track.public_id}", given | {"look": "1"}).content.decode()
    assert (
        'value="2031-05-05"' in looked
        and 'class="out"' in looked
        and not RunningTrack.objects.filter(opportunity=sale).exists()
    )
    assert client.post(f"{at}?track={track.public_id}", given)["Location"].startswith("/opportunities/")
    tasks = list(Task.objects.filter(running_track__opportunity=sale).order_by("pk"))
    assert [str(task.due_on) for task in tasks] == ["2031-05-05", "None", "None"] and tasks[0].assignee == world.noah
    again = client.post(f"{at}?track={track.public_id}", given)
    assert again.status_code == 422 and b"runs on New practice fit-out already" in again.content


def test_a_track_that_is_archived_while_it_is_previewed_is_not_applied_nor_is_another(
    world: World, client: Client
) -> None:
    client.force_login(world.sam)
    for each in Track.objects.exclude(name="New lead"):
        archive_track(system("test"), each)
    for each in Track.objects.filter(name="New lead"):
        edit_track(system("test"), each, applies_to=["opportunity"])
    gone, at = Track.objects.get(name="Quote follow-up"), f"/opportunities/{world.unplanned.public_id}/track"
    page = client.post(f"{at}?track={gone.public_id}", {"number": "1"})
    assert page.status_code == 422 and "The track Quote follow-up was archived. Nothing was applied." in text_of(page)
    assert not RunningTrack.objects.filter(opportunity=world.unplanned).exists()


def test_steps_stand_beside_the_record_and_questions_above(world: World, client: Client) -> None:
    client.force_login(world.sam)
    sam, sale, track = world.sam.actor("web"), world.unplanned, Track.objects.get(name="Quote follow-up")
    running = apply_track(sam, sale, track=track)
    at = f"/opportunities/{sale.public_id}-new-practice-fit-out"
    page = client.get(at).content.decode()
    assert (
        "0 of 4" in page
        and page.count("Mark done: ") >= 4
        and f"/running-tracks/{running.public_id}/pause-track" in page
    )
    client.post(f"/running-tracks/{running.public_id}/pause-track")
    page, today = client.get(at).content.decode(), client.get("/").content.decode()
    assert "Quote follow-up stands still" in page and "Tracks that ask" in today and "No next step" in page
    client.post(f"/running-tracks/{running.public_id}/continue-track")
    assert "stands still" not in client.get(at).content.decode()
    steps = [{**each.facts, "text": f"{each.text} again"} for each in track.newest.steps.all()]
    edit_track(world.admin.actor("web"), track, steps=steps[:3])  # type: ignore[arg-type]
    assert "Update the remaining steps" in client.get(at).content.decode()
    update = client.get(f"/running-tracks/{running.public_id}/update").content.decode()
    assert "version 1 to 2" in update and "No part of it any more" in update
    client.post(f"/running-tracks/{running.public_id}/update")
    for task in Task.objects.filter(running_track=running, state__in=["open", "waiting"]).order_by("pk"):
        complete_task(sam, task)
    page = client.get(at).content.decode()
    assert "Quote follow-up is done" in page and "What comes next?" in page
    client.post(f"/running-tracks/{running.public_id}/end-track")
    assert "What comes next?" not in client.get(at).content.decode()


def test_a_mail_step_opens_as_its_template_writes_it_and_is_done_with_the_log(world: World, iris: Client) -> None:
    by, thanks = world.sam.actor("web"), MailTemplate.objects.get(name="Thank you")
    track = create_track(world.admin.actor("web"), name="Thanks", applies_to=["lead", "person"])
    lines = {"text": "Say thanks", "kind": "mail", "days": "0", "unit": "days"}, {"text": "Ring"}
    at = f"/tracks/{track.public_id}"
    wrong = iris.post(at, form(track, {**lines[0], "template": "none"}, do="save", applies_to=["lead"]))
    assert wrong.status_code == 422 and "There is no such mail template." in wrong.content.decode()
    iris.post(at, form(track, {**lines[0], "template": thanks.public_id}, lines[1], do="save", applies_to=["lead"]))
    assert track.newest.steps.get(position=0).template == thanks
    assert f'value="{thanks.public_id}" selected' in iris.get(at).content.decode()
    iris.force_login(world.sam)
    lead = create_lead(by, name="Ana Gil", email="ana@new.example", language="es")
    task = Task.objects.get(running_track=apply_track(by, lead, track=track), title="Say thanks")
    here = f"/leads/{lead.public_id}-ana-gil"
    opened = f"?kind=mail&amp;task={task.public_id}#log"
    record, today = iris.get(here).content.decode(), iris.get("/").content.decode()
    assert (opened in record, opened in today) == (True, True)
    page = iris.get(f"{here}?kind=mail&task={task.public_id}").content.decode()
    assert "Gracias por escribir a Northgate IT\n\nHola Ana," in page and "“Say thanks” is done with it" in page
    assert 'href="mailto:ana@new.example?subject=Gracias%20por' in page and "%0D%0A" in page
    other = create_lead(by, name="Ben")
    elsewhere = iris.get(f"/leads/{other.public_id}-ben?kind=mail&task={task.public_id}").content.decode()
    assert "Gracias" not in elsewhere
    log = {"kind": "mail", "text": "Gracias", "direction": "out", "task": task.public_id, "token": "1"}
    refused = iris.post(f"/leads/{other.public_id}-ben/log", log)
    assert refused.status_code == 422 and not Activity.objects.filter(lead=other).exists()
    archive_mail_template(world.admin.actor("web"), thanks)
    page = iris.get(f"{here}?kind=mail&task={task.public_id}").content.decode()
    assert "The mail template Thank you was archived. Write this one yourself" in page and "Gracias" not in page
    iris.force_login(world.admin)
    assert "Thank you (archived)" in iris.get(at).content.decode()
    iris.force_login(world.sam)
    assert iris.post(f"{here}/log", log | {"token": "2"}).status_code == 303
    task.refresh_from_db()
    after = Task.objects.get(title="Ring", running_track=task.running_track)
    assert (task.state, after.state, Activity.objects.get(lead=lead).kind) == ("done", "open", "mail")


def test_who_may_only_read_a_record_applies_nothing(world: World, client: Client) -> None:
    client.force_login(world.dele)
    running = apply_track(world.sam.actor("web"), world.managed_it, track=Track.objects.get(name="Quote follow-up"))
    assert client.get(f"/opportunities/{world.unplanned.public_id}/track").status_code == 403
    pause_track(world.sam.actor("web"), running)
    page = client.get(f"/opportunities/{world.managed_it.public_id}-managed-it-for-45-seats").content.decode()
    assert "1 of 4" in page or "0 of 4" in page
    assert "/continue-track" not in page


def test_a_list_is_given_a_track_at_once(world: World, client: Client) -> None:
    client.force_login(world.mira)
    options = client.get("/tracks/options?for=opportunity").content.decode()
    assert "Quote follow-up" in options and "Renewal" not in options and "New lead" not in options
    ids = [world.managed_it.public_id, world.unplanned.public_id]
    page = client.post("/opportunities/bulk", {"act": "track", "track": "quote follow-up", "ids": ids}, follow=True)
    assert "Quote follow-up applied to 2 of 2 opportunities" in page.content.decode()
    assert RunningTrack.objects.filter(opportunity__public_id__in=ids).count() == 2
    page = client.post("/opportunities/bulk", {"act": "track", "track": "quote follow-up", "ids": ids}, follow=True)
    assert "applied to 0 of 2" in page.content.decode()
    wrong = client.post("/opportunities/bulk", {"act": "track", "track": "Nothing", "ids": ids})
    assert (
        "There is no track named Nothing" in wrong.content.decode()
        and RunningTrack.objects.filter(opportunity__public_id__in=ids).count() == 2
    )


def test_a_track_is_switched_to_another_that_fits(world: World, client: Client) -> None:
    client.force_login(world.sam)
    running = apply_track(world.sam.actor("web"), world.unplanned, track=Track.objects.get(name="Quote follow-up"))
    at = f"/running-tracks/{running.public_id}/switch-track"
    page = client.get(at).content.decode()
    assert re.findall(r'<option value="\w+"[^>]*>([^<]+)<', page) == ["Renewal"]
    renewal = Track.objects.get(name="Renewal")
    asked = client.post(at, {"track": renewal.public_id})
    assert asked.status_code == 422 and "Say when that is" in asked.content.decode()
    client.post(at, {"track": renewal.public_id, "ends_on": "in 6 months"})
    live = RunningTrack.objects.filter(opportunity=world.unplanned, state="running")
    assert [each.version_of.track for each in live] == [renewal]
