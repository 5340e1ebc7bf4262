"""The pages of lead rules: sentences, an editor that warns, a rehearsal, versions; and why a lead went where."""

from typing import Any

from django.test import Client

from fairlead.core.actor import system
from fairlead.demo.world import World
from fairlead.models import Queue, RuleSet
from fairlead.verbs.capture import capture_lead
from fairlead.verbs.lead_rules import draft_rules, publish_rules
from tests.web.test_lists import signed_in

ARRIVALS = system("web form", label="Fairlead")


def saved(page: Client, at: str, **given: Any) -> Any:
    return page.post(f"/settings/rules/{at}", {"kind": "user", **given})


def test_a_rule_is_written_warned_of_moved_rehearsed_and_made_live(world: World) -> None:
    page, lena, noah = signed_in(world.admin), world.lena.public_id, world.noah.public_id
    queue = Queue.objects.get(name="New leads")
    draft_rules(world.admin.actor("web"), rules=[{"key": "rest", "to": {"kind": "adder", "queue": queue.public_id}}])
    first = publish_rules(world.admin.actor("web"))
    before = capture_lead(ARRIVALS, name="Ines Berger", country="AT")

    added = saved(page, "new", add="1", new_fact="country")
    assert 'name="fact.0" value="country"' in added.text and RuleSet.draft() is None
    country = {"fact.0": "country", "test.0": "is"}
    wrong = saved(page, "new", user=lena, **country, **{"values.0": "Austria, Atlantis"})
    assert (
        wrong.status_code == 422
        and "There is no country “Atlantis”" in wrong.text
        and "Austria, Atlantis" in wrong.text
    )
    assert saved(page, "new", user=lena, name="Austria", **country, **{"values.0": "Austria"}).status_code == 303
    vienna = {"values.0": "AT", "fact.1": "postal_code", "test.1": "is", "values.1": "10"}
    warned = saved(page, "new", user=noah, name="Vienna", **country, **vienna)
    assert warned.status_code == 200 and "Never reached while somebody of rule 1, “Austria” is there" in warned.text
    assert saved(page, "new", user=noah, name="Vienna", warned="1", **country, **vienna).status_code == 303
    never = {"fact.1": "country", "test.1": "is", "values.1": "DE", "values.0": "FR"}
    assert "no lead can be all of this" in saved(page, "new", user=noah, **country, **never).text

    shown = page.get("/settings/rules").text
    assert "This is a draft" in shown and "country is Austria" in shown and "Never reached" in shown
    draft = RuleSet.draft()
    assert draft is not None
    page.post(f"/settings/rules/{draft.rules[1]['key']}/move", {"way": "up"})
    assert [each["name"] for each in RuleSet.objects.get(pk=draft.pk).rules] == ["Vienna", "Austria", ""]
    assert "Never reached" not in page.get("/settings/rules").text

    rehearsed = page.get("/settings/rules/rehearsal").text
    assert "1 of " in rehearsed and "Ines Berger" in rehearsed and str(world.lena) in rehearsed
    assert capture_lead(ARRIVALS, name="Still", country="AT").queue == queue
    page.post("/settings/rules/publish", {"note": "Lena has Austria"})
    lead = capture_lead(ARRIVALS, name="Now", country="AT")
    assert lead.owner == world.lena
    before.refresh_from_db()
    assert before.queue == queue

    record = page.get(f"/leads/{lead.public_id}", follow=True).text
    assert "Rule 2, “Austria”, of version" in record
    why = page.get(f"/leads/{lead.public_id}/why").text
    assert "No: it asks that postal code begins with 10, and the postal code was not known." in why
    assert f"It matched, because country is Austria, and gave it to {world.lena}." in why

    assert "Lena has Austria" in page.get("/settings/rules/versions").text
    assert "whoever adds it keeps it" in page.get(f"/settings/rules/versions/{first.public_id}").text
    page.post(f"/settings/rules/versions/{first.public_id}/restore")
    assert len(RuleSet.objects.get(state="draft").rules) == 1
    page.post("/settings/rules/discard")
    assert RuleSet.draft() is None


def test_every_kind_of_rule_is_told_and_edited(world: World) -> None:
    page, iris = signed_in(world.admin), world.admin.actor("web")
    page.post("/settings/products", {"name": "Backup", "code": "B1"})
    team = world.sam.teams.get()
    page.post("/settings/queues", {"name": "South", "teams": [team.public_id], "members": [world.mira.public_id]})
    queue = Queue.objects.get(name="South")
    assert list(queue.teams.all()) == [team] and list(queue.members.all()) == [world.mira]
    assert f"{team}, {world.mira}" in page.get("/settings/queues").text
    page.post(f"/settings/queues/{queue.public_id}", {"name": "South", "members": [world.lena.public_id]})
    assert list(queue.teams.all()) == [] and list(queue.members.all()) == [world.lena]
    users = [world.sam.public_id, world.lena.public_id]
    rules: list[Any] = [
        {"key": "a", "when": [{"fact": "size", "test": "between", "values": ["10", "49"]},
                              {"fact": "hours", "test": "is_not", "values": ["ours"]}],
         "to": {"kind": "turns", "team": team.public_id}, "then": {"minutes": 90, "tags": ["DACH", "Fair"]}},
        {"key": "b", "when": [{"fact": "lead_type", "test": "is_not", "values": ["trial", "event"]}],
         "to": {"kind": "fewest", "users": users},
         "then": {"lead_type": "call", "rating": "hot", "minutes": 60, "overdue_then": "queue"}},
        {"key": "c", "name": "Off", "off": True, "to": {"kind": "account"}},
        {"key": "rest", "to": {"kind": "queue", "queue": queue.public_id}, "then": {"minutes": 120}},
    ]  # fmt: skip
    draft_rules(iris, rules=rules)
    shown = " ".join(page.get("/settings/rules").text.replace("<b>", "").replace("</b>", "").split())
    for sentence in (
        f"When company size is 10 to 49, and it arrives outside working hours: give to {team} by turns, tag it DACH "
        "and Fair, respond within 90 working minutes.",
        f"When lead type is neither Free trial nor Event registration: give to whoever of {world.sam} and {world.lena} "
        "has the fewest open leads, type Phone call, rate it hot, respond within 1 working hour, or it goes back to be "
        "claimed.",
        "Always: give to the account’s owner.",
        "Everything else: put into the queue South, respond within 2 working hours.",
    ):
        assert sentence in shown
    for key in ("a", "b", "c", "rest"):
        assert page.get(f"/settings/rules/{key}").status_code == 200
    size = {"fact.0": "size", "test.0": "between", "values.0": "10", "upto.0": "49"}
    late = {"minutes": "30", "overdue_then": f"reassign:{world.mira.public_id}"}
    by_turns = {**size, "kind": "turns", "team": team.public_id, "tags": "DACH"}
    assert "Say within which time" in saved(page, "a", **by_turns, overdue_then="tell").text
    assert saved(page, "a", **by_turns, **late).status_code == 303
    draft = RuleSet.draft()
    then = {"minutes": 30, "overdue_then": "reassign", "overdue_to": world.mira.public_id}
    assert draft is not None and draft.rules[0]["then"] == {"tags": ["DACH"], **then}
    assert f'value="reassign:{world.mira.public_id}" selected' in page.get("/settings/rules/a").text
    in_words = f"respond within 30 working minutes, or {world.mira} gets it"
    assert in_words in page.get("/settings/rules").text
    assert in_words in page.get("/settings/rules/rehearsal").text
    assert "Somebody changed this rule" in saved(page, "a", user=users[0], seen="old", warned="1").text
    page.post("/settings/rules/c/remove")
    publish_rules(iris)
    ann = capture_lead(ARRIVALS, name="Ann", company_size="20")
    assert ann.team == team and ann.overdue_to == world.mira
    assert in_words in page.get(f"/leads/{ann.public_id}/why").text
    assert signed_in(world.sam).get("/settings/rules").status_code == 403
