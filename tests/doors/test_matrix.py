"""The matrix: role × action × whose record × door, over every verb and every page.

Every verb and every route has a row (tests/doors/matrix.py and PAGES below): one without fails here.
"""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from fairlead.cli.do import main
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.event import Event
from fairlead.core.record import Record, nouns
from fairlead.core.schema import subject_name, subjects
from fairlead.core.verb import REGISTRY
from fairlead.demo.world import World
from fairlead.mcp.tools import call
from fairlead.models import (
    Absence,
    Activity,
    Call,
    Competitor,
    CustomField,
    Enclosure,
    Endpoint,
    ExitCriterion,
    Feed,
    File,
    Form,
    Import,
    ImportMapping,
    Mailbox,
    MailTemplate,
    Meeting,
    Need,
    Notice,
    Occasion,
    Organisation,
    Pipeline,
    Product,
    Queue,
    Quote,
    Rate,
    Reason,
    Registration,
    Response,
    Rival,
    Role,
    RuleSet,
    Run,
    RunningTrack,
    Schedule,
    Source,
    Stage,
    Stakeholder,
    Submission,
    Suppression,
    Tag,
    Task,
    TeamMember,
    Track,
    TrackStep,
    TrackTrigger,
    TrackVersion,
    TrialPool,
    User,
    View,
)
from fairlead.models.user import DEFAULT_ROLES
from fairlead.programs import keys
from fairlead.web.addresses import ADDRESSED
from fairlead.web.routes import routes
from tests.doors.api import Api
from tests.doors.matrix import (
    ARGUMENTS,
    MAIN,
    OWN,
    PREPARER,
    TEAM,
    Grants,
    aside,
    expected,
    level,
    may,
    noun_of,
    sees,
)

pytestmark = pytest.mark.load  # thousands of attempts

ROLES: dict[str, Grants] = {**DEFAULT_ROLES, "Own": OWN, "Team": TEAM}
DOORS = ("api", "page", "mcp", "cli")
# What each page is for: "noun.action", "member" or "anyone"; "record" pages are asked for in every standing.
# One that stands under another is found by the longest beginning. A route without a row fails the build.
PAGES = {
    "": "member",
    "acts/": "member",
    "api/": "program",
    "calendar": "task.see",
    "calendar/feed/": "anyone",
    "calendar/feeds": "member",
    "calendar/import": "task.create",
    "call": "lead.create",
    "events": "lead.see",
    "events/new": "organisation.edit",
    "events/<str:public_id>/edit": "organisation.edit",
    "f/": "anyone",
    "u/": "anyone",
    "forms": "organisation.edit",
    "companies": "company.see",
    "tasks": "task.see",
    "tasks/bulk": "task.edit",
    "tasks/": "member",
    "companies/<str:address>/cell": "record",
    "companies/bulk": "company.mass_update",
    "companies/export": "company.export",
    "companies/match": "company.create",
    "companies/new": "company.create",
    "companies/selection": "company.mass_update",
    "files/": "record",
    "in/": "program",
    "import": "member",
    "imports": "member",
    "invitation": "anyone",
    "runs": "member",
    "leads": "lead.see",
    "leads/<str:address>/cell": "record",
    "leads/<str:address>/disqualify": "record",
    "leads/<str:address>/preview": "record",
    "leads/<str:address>/qualify": "record",
    "leads/<str:address>/recycle": "record",
    "leads/<str:address>/unqualify": "record",
    "leads/<str:address>/why": "record",
    "leads/arrived": "lead.see",
    "leads/bulk": "lead.mass_update",
    "leads/export": "lead.export",
    "leads/match": "lead.create",
    "leads/new": "lead.create",
    "leads/selection": "lead.mass_update",
    "lists/": "member",
    "mcp": "program",
    "meetings": "record",
    "meetings/new": "task.create",
    "new": "member",
    "no-next-step": "member",
    "opportunities": "opportunity.see",
    "opportunities/<str:address>/cell": "record",
    "opportunities/<str:address>/stakeholders": "record",
    "opportunities/bulk": "opportunity.mass_update",
    "opportunities/export": "opportunity.export",
    "opportunities/match": "opportunity.create",
    "opportunities/new": "opportunity.create",
    "opportunities/selection": "opportunity.mass_update",
    "password": "anyone",
    "people": "person.see",
    "people/<str:address>/cell": "record",
    "people/bulk": "person.mass_update",
    "people/export": "person.export",
    "people/match": "person.create",
    "people/new": "person.create",
    "people/selection": "person.mass_update",
    "pipeline": "opportunity.see",
    "pipeline/gaps": "opportunity.see",
    "queues": "lead.create",
    "pipeline/move": "opportunity.edit",
    "pipeline/place": "opportunity.edit",
    "pipeline/target": "opportunity.mass_update",
    "search": "member",
    "settings": "member",
    "settings/competitors": "organisation.edit",
    "settings/criteria": "organisation.edit",
    "settings/pipelines": "organisation.edit",
    "settings/stages": "organisation.edit",
    "settings/absences": "absence.see",
    "settings/absences/<str:public_id>/remove": "absence.edit",
    "settings/audit": "event.export",
    "settings/changes": "organisation.edit",
    "settings/fields": "organisation.edit",
    "settings/endpoints": "organisation.edit",
    "settings/linked-account": "member",
    "settings/mail": "organisation.edit",
    "settings/mail-templates": "organisation.edit",
    "settings/mailboxes": "organisation.edit",
    "settings/organisation": "organisation.edit",
    "settings/password": "member",
    "settings/people": "organisation.edit",
    "settings/rates": "organisation.edit",
    "tracks/<str:public_id>/report": "organisation.see",
    "settings/products": "organisation.edit",
    "settings/queues": "organisation.edit",
    "settings/reasons": "organisation.edit",
    "settings/rules": "organisation.edit",
    "settings/roles": "organisation.edit",
    "settings/schedules": "organisation.edit",
    "settings/second-factor": "member",
    "settings/sessions": "member",
    "settings/sign-in": "organisation.edit",
    "settings/teams": "organisation.edit",
    "settings/tokens": "member",
    "settings/trials": "organisation.edit",
    "sign-": "anyone",
    "submissions": "lead.see",
    "submissions/<str:address>": "record",
    "submissions/process": "lead.edit",
    "tip": "member",
    "running-tracks/<str:public_id>/update": "record",
    "tracks": "organisation.see",
    "tracks/new": "organisation.edit",
    "tracks/<str:public_id>/archive": "organisation.edit",
    "tracks/<str:public_id>/copy": "organisation.edit",
    "tracks/<str:public_id>/trigger": "organisation.edit",
    "tracks/<str:public_id>/unarchive": "organisation.edit",
    "tracks/<str:public_id>/untrigger": "organisation.edit",
    "views/": "member",
    "welcome": "anyone",
    "<record:noun>/": "record",
    "<thing:noun>/": "record",
}


@aside
def prepare(by: Actor, *, world: World) -> dict[str, dict[str, Record]]:
    """Records of every noun in every standing, by noun and standing, for Sam, of whose role the tests tell."""
    found: dict[str, dict[str, Record]] = {}
    required = {
        "person": {"name": "Person"},
        "company": {"name": "Company"},
        "lead": {"name": "Lead"},
        "opportunity": {"title": "Opportunity", "stage": world.managed_it.stage, "stage_since": world.now},
    }
    for noun in MAIN:
        model = nouns()[noun]
        whose = {"own": world.sam, "team": world.noah, "other": world.dele, "archived": world.sam, "merged": world.sam}
        found[noun] = {standing: create(model, **required[noun], owner=user) for standing, user in whose.items()}
        change(found[noun]["archived"], archived_at=world.now)
        change(found[noun]["merged"], merged_into=found[noun]["other"])
    endpoint = create(Endpoint, name="Matrix", starts_with="abcd", hashed="0" * 64)
    for noun, model, facts in CHILDREN:
        values = facts(world)
        found[noun] = {
            standing: create(model, person=person, **values, **apart(noun, standing, endpoint))
            for standing, person in found["person"].items()
        }
    for noun, model, facts in PARTS:
        values = facts(world)
        found[noun] = {
            standing: create(model, opportunity=sale, **values) for standing, sale in found["opportunity"].items()
        }
    found["endpoint"] = {"own": endpoint}
    form, event = Form.objects.get(name="Contact us"), Occasion.objects.get()
    found |= {"form": {"own": form}, "occasion": {"own": event}}
    found["mailbox"] = {
        "own": create(Mailbox, name="Matrix", host="imap.example.com", username="m", password="x", endpoint=endpoint)
    }
    template = create(MailTemplate, name="Matrix", words={"en": {"subject": "Hello", "text": "Hello"}})
    found["mail_template"] = {"own": template}
    file: dict[str, Any] = {"name": "a.txt", "media_type": "text/plain", "size": 1, "sha256": "0" * 64}
    found["enclosure"] = {"own": create(Enclosure, template=template, stored_as="enclosed", **file)}
    found["trial_pool"] = {"own": create(TrialPool, name="Matrix")}
    found["submission"] = {
        standing: create(Submission, endpoint=endpoint, arrival=standing, lead=lead)
        for standing, lead in found["lead"].items()
    }
    found["response"] = {
        standing: create(
            Response,
            lead=lead,
            template=template,
            key=standing,
            contact=standing,
            state="promised",
            on="2026-01-01",
            due_at=world.now,
        )
        for standing, lead in found["lead"].items()
    }
    found["registration"] = {
        standing: create(
            Registration,
            occasion=event,
            lead=lead,
            submission=found["submission"][standing],
            state="full",
            contact=standing,
        )
        for standing, lead in found["lead"].items()
    }
    return found


def apart(noun: str, standing: str, endpoint: Endpoint) -> dict[str, Any]:
    """What may not be the same twice."""
    return {"file": {"stored_as": standing}, "call": {"key": standing, "endpoint": endpoint}}.get(noun, {})


CHILDREN: list[tuple[str, type[Record], Any]] = [
    (
        "task",
        Task,
        lambda world: {"title": "Task", "assignee": world.dele, "checklist": [{"text": "Ask", "done": False}]},
    ),
    ("activity", Activity, lambda world: {"kind": "note", "text": "Note", "by_user": world.dele}),
    ("file", File, lambda world: {"name": "a.txt", "media_type": "text/plain", "size": 1, "sha256": "0" * 64}),
    ("call", Call, lambda world: {"number": "112", "direction": "in", "started_at": world.now, "ended_at": world.now}),
    ("meeting", Meeting, lambda world: {"title": "Meeting", "organiser": world.dele} | span(world)),
    ("running_track", RunningTrack, lambda world: {"version_of": matrix_version(), "started_on": world.now.date()}),
    ("suppression", Suppression, lambda world: {"reason": "Asked", "source": "test"}),
]


def span(world: World) -> dict[str, Any]:
    return {"starts_at": world.now - timedelta(hours=1), "ends_at": world.now}


def matrix_version() -> TrackVersion:
    held = TrackVersion.objects.filter(track__name="Matrix").first()
    if held is None:
        track = create(Track, name="Matrix", applies_to=list(MAIN))
        held = create(TrackVersion, track=track, number=1)
        create(TrackStep, version_of=held, key="call", position=0, text="Call")
    return held


PARTS: list[tuple[str, type[Record], Any]] = [
    ("need", Need, lambda world: {"text": "Need"}),
    ("quote", Quote, lambda world: {"number": "Matrix", "currency": "GBP", "sent_on": world.now.date()}),
    ("rival", Rival, lambda world: {"competitor": create(Competitor, name="Matrix")}),
    ("stakeholder", Stakeholder, lambda world: {"person": world.priya, "role": "signs"}),
    ("team_member", TeamMember, lambda world: {"user": world.lena, "role": "technical"}),
]


class Field:
    """One role on the field: Sam with that role, his token, and the records in every standing."""

    def __init__(self, world: World, role: str) -> None:
        self.grants, self.turn = ROLES[role], list(ROLES).index(role)
        self.records = prepare(PREPARER, world=world)
        held = self._role(PREPARER, name=role, grants=self.grants, user=world.sam)
        self.sam = User.objects.select_related("role").get(pk=world.sam.pk)
        self.api, self.browser = Api(self.sam), Client()
        self.browser.force_login(self.sam)
        alone = [Organisation.ours(), held, Schedule.objects.first(), world.sam.teams.first(), world.noah]
        alone += [self._absence(PREPARER, user=world.sam), self._view(PREPARER, user=world.sam)]
        alone += [self._field(PREPARER), self.api.token, Reason.objects.first(), self._rate(PREPARER)]
        alone += [self._run(PREPARER, user=world.sam), self._import(PREPARER, user=world.sam)]
        alone += [Pipeline.objects.first(), self._stage(PREPARER), self._criterion(PREPARER)]
        alone += [Competitor.objects.first(), self._notice(PREPARER, user=world.sam, opportunity=world.managed_it)]
        alone += [self._mapping(PREPARER, user=world.sam), matrix_version().track, self._trigger(PREPARER)]
        alone += [self._product(PREPARER), Queue.objects.first(), RuleSet.live_one()]
        alone += [self._feed(PREPARER, user=world.sam)]
        self.records |= {noun_of(record): {"own": record} for record in alone}  # type: ignore[dict-item]
        self.named = {
            "noah": world.noah.public_id,
            "person": self.records["person"]["own"].public_id,
            "reason": Reason.objects.offered("disqualified")[0].public_id,
            "endpoint": self.records["endpoint"]["own"].public_id,
            "role": held.public_id,
            "queue": self.records["queue"]["own"].public_id,
            "lost": Reason.objects.get(kind="lost", name="Price").public_id,
            "template": self.records["mail_template"]["own"].public_id,
            "priya": world.priya.public_id,
            "criterion": self.records["criterion"]["own"].public_id,
            "elsewhere": self._elsewhere(world),
            "stage": Stage.objects.order_by("position").last().public_id,  # type: ignore[union-attr]
            "track": self.records["track"]["own"].public_id,
            "trigger": self.records["track_trigger"]["own"].public_id,
            "source": Source.objects.first().public_id,  # type: ignore[union-attr]
            "tag": Tag.objects.first().public_id,  # type: ignore[union-attr]
            "act": str(Event.objects.filter(by_user=world.sam).latest("pk").act),
        }

    @staticmethod
    def _elsewhere(world: World) -> str:
        """The first stage of another pipeline."""
        others = Stage.objects.exclude(pipeline=world.managed_it.stage.pipeline_id)
        return others.order_by("position")[0].public_id

    @staticmethod
    @aside
    def _role(by: Actor, *, name: str, grants: Any, user: User) -> Role:
        held = Role.objects.filter(name=name).first() or create(Role, name=name, grants=grants)
        change(user, role=held)
        return held

    @staticmethod
    @aside
    def _absence(by: Actor, *, user: User) -> Absence:
        return create(Absence, user=user, starts_on="2031-01-01", ends_on="2031-01-02")

    @staticmethod
    @aside
    def _field(by: Actor) -> CustomField:
        return create(CustomField, of_noun="person", key="matrix", name="Matrix", kind="text", filterable=True)

    @staticmethod
    @aside
    def _product(by: Actor) -> Product:
        return create(Product, name="Matrix")

    @staticmethod
    @aside
    def _rate(by: Actor) -> Rate:
        return create(Rate, currency="CHF", on="2026-01-01", micro=1_100_000)

    @staticmethod
    @aside
    def _run(by: Actor, *, user: User) -> Run:
        return create(Run, by_user=user, kind="export", title="Export", payload={"noun": "person"}, door="web")

    @staticmethod
    @aside
    def _import(by: Actor, *, user: User) -> Import:
        return create(Import, by_user=user, name="people.csv", kind="person", system="import", mode="create")

    @staticmethod
    @aside
    def _stage(by: Actor) -> Stage:
        return create(Stage, pipeline=Pipeline.objects.first(), name="Matrix", position=0)

    @staticmethod
    @aside
    def _criterion(by: Actor) -> ExitCriterion:
        return create(ExitCriterion, stage=Stage.objects.get(name="Matrix"), text="Matrix")

    @staticmethod
    @aside
    def _notice(by: Actor, *, user: User, opportunity: Record) -> Notice:
        return create(Notice, user=user, kind="won", opportunity=opportunity, by_label="Mira Holt")

    @staticmethod
    @aside
    def _mapping(by: Actor, *, user: User) -> ImportMapping:
        return create(ImportMapping, owner=user, name="Fair", signature="x")

    @staticmethod
    @aside
    def _trigger(by: Actor) -> TrackTrigger:
        return create(TrackTrigger, track=matrix_version().track, source=Source.objects.last())

    @staticmethod
    @aside
    def _feed(by: Actor, *, user: User) -> Feed:
        return create(Feed, user=user, name="Phone", starts_with="abcdef", hashed="1" * 64)

    @staticmethod
    @aside
    def _view(by: Actor, *, user: User) -> View:
        return create(View, owner=user, list_of="person", name="Mine")

    def standings(self, noun: str) -> Iterator[tuple[str, Record]]:
        yield from self.records[noun].items()

    def arguments(self, name: str, record: Record | None) -> dict[str, Any]:
        """The verb's row with records by their ids, and its own record among them."""
        whom = f"{noun_of(record)}:{record.public_id}" if record else ""

        def filled(value: Any) -> Any:
            if isinstance(value, list):
                return [filled(each) for each in value]
            if value == "@record":
                return whom
            if value == "@id" and record:
                return record.public_id
            return self.named.get(value[1:], value) if str(value).startswith("@") else value

        given = {key: filled(value) for key, value in ARGUMENTS[name].items()}
        if record and (subject := subject_name(REGISTRY[name])):
            given[subject] = whom if len(subjects(REGISTRY[name])) > 1 else record.public_id
        return given

    def attempt(self, door: str, name: str, record: Record | None) -> str:
        """Call the verb through a door and take it back; what became of it."""
        keys.refill()
        before = Event.objects.latest("pk").pk
        with transaction.atomic():
            outcome = getattr(self, f"_{door}")(name, record, self.arguments(name, record))
            told = Event.objects.filter(pk__gt=before, by_user=self.sam).exclude(verb="prepare").exists()
            transaction.set_rollback(True)
        assert outcome == "done" or not told, f"{name} was {outcome} and left its mark"
        return str(outcome)

    def _api(self, name: str, record: Record | None, given: dict[str, Any]) -> str:
        if "upload" in given:
            form = given | {"upload": SimpleUploadedFile("a.txt", b"text")}
            answer = self.api.client.post(f"/api/v1/verbs/{name}", form, headers=self.api.headers)
        else:
            answer = self.api.send("POST", f"/verbs/{name}", json.dumps(given))
        assert answer.status_code < 500
        return {403: "forbidden", 404: "missing"}.get(answer.status_code, "done")

    def _page(self, name: str, record: Record | None, given: dict[str, Any]) -> str:
        lists = any(isinstance(value, list) for value in given.values())  # which no form of a deed carries
        if record is None or lists or noun_of(record) not in ADDRESSED.values() or not subjects(REGISTRY[name]):
            return self._api(name, record, given)
        at, form = f"/{record.plural()}/{record.public_id}", {key: str(value) for key, value in given.items()}
        if "upload" in given:
            at, form = f"{at}/files", {"upload": SimpleUploadedFile("a.txt", b"text")}  # type: ignore[dict-item]
        else:
            at, form = f"{at}/{name.replace('_', '-')}", form | {"due": "tomorrow"}
        answer = self.browser.post(at, form, headers={"HX-Request-Type": "partial"})
        assert answer.status_code < 500
        if answer.status_code == 404:
            return "missing"
        return "forbidden" if answer.status_code == 403 or b"role does not allow" in answer.content else "done"

    def _mcp(self, name: str, record: Record | None, given: dict[str, Any]) -> str:
        if "upload" in given:
            given["upload"] = {"name": "a.txt", "base64": "dGV4dA=="}
        answer = call(name, self.api.token.actor("mcp"), given)
        code = answer["structuredContent"].get("code", "") if answer["isError"] else ""
        return {"not_allowed": "forbidden", "not_found": "missing"}.get(code, "done")

    def _cli(self, name: str, record: Record | None, given: dict[str, Any]) -> str:
        subject = subject_name(REGISTRY[name])
        words = [name.replace("_", "-")] + ([given.pop(subject)] if record and subject else [])
        for key, value in given.items():
            for each in value if isinstance(value, list) else [value]:
                text = each if isinstance(each, str) else json.dumps(each)
                words += [f"--{key.replace('_', '-')}", "pyproject.toml" if each == "@upload" else text]
        main([*words, "--by", self.sam.email, "--json"])
        code = json.loads(self.capsys.readouterr().out).get("code", "")
        return {"not_allowed": "forbidden", "not_found": "missing"}.get(code, "done")

    capsys: Any


@pytest.fixture(params=ROLES)
def field(request: pytest.FixtureRequest, world: World, capsys: Any) -> Field:
    found = Field(world, request.param)
    found.capsys = capsys
    return found


def acted_on(name: str) -> list[str]:
    """The nouns a verb is tried on; a verb without a record is tried once."""
    if name == "process_submissions":
        return ["submission"]
    if name in {"assign_tasks", "complete_tasks", "snooze_tasks"}:
        return ["task"]
    if name == "park_many":
        return ["lead", "opportunity"]
    return list(MAIN) if name.endswith("_many") else subjects(REGISTRY[name]) or [""]


def test_every_verb_and_every_route_has_a_row() -> None:
    assert set(ARGUMENTS) == set(REGISTRY)
    rows = {address: row_of(address) for address, _view in routes()}
    assert [address for address, row in rows.items() if row not in PAGES] == []
    declared = {address: (view.may, PAGES[rows[address]]) for address, view in routes()}
    differing = {a: pair for a, pair in declared.items() if pair[1] not in {"record", "program"} and len(set(pair)) > 1}
    assert differing == {}


def test_every_verb_on_every_door(field: Field) -> None:
    """Done, forbidden or missing exactly as the grants say, for records in every standing.

    Doors take turns, and so do the nouns of a verb that acts on several: with every role another one.
    """
    wrong: list[str] = []
    for number, name in enumerate(sorted(ARGUMENTS)):
        for place, noun in enumerate(acted_on(name)):
            cases: list[tuple[str, Record | None]] = list(field.standings(noun)) if noun else [("own", None)]
            for turn, (standing, record) in enumerate(cases):
                if len(acted_on(name)) > 1 and (place + turn + field.turn) % 2:
                    continue
                door = DOORS[(number + place + turn + field.turn) % len(DOORS)]
                wanted = expected(field.grants, name, noun, standing, door)
                outcome = field.attempt(door, name, record)
                if outcome != wanted and not (wanted != "done" and outcome != "done" and tells_less(field, name, door)):
                    wrong.append(f"{door}: {name} {noun} {standing}: {outcome}, not {wanted}")
    assert wrong == []


def tells_less(field: Field, name: str, door: str) -> bool:
    """Refused either way: assistants are refused what their role never allows before records are looked up, and what
    an argument names may be out of sight too."""
    named = any("@" in str(value) for value in ARGUMENTS[name].values())
    return door == "mcp" or (named and level(field.grants, "see", "organisation") == "none")


def row_of(address: str) -> str:
    """The row of a route: the longest one that it begins with."""
    return max((row for row in PAGES if (address.startswith(row) if row else not address)), key=len, default="none")


def test_every_reading_of_a_record(field: Field) -> None:
    """Its page, the page of who sees it, its fragments, its resource and its timeline: there, or as if it were not."""
    wrong: list[str] = []
    for noun in (*MAIN, "task", "activity", "file", "call", "meeting", "suppression", "submission", "registration"):
        for standing, record in field.standings(noun):
            seen = sees(field.grants, noun, standing)
            for at, answer in readings(field, noun, record):
                if (answer in {200, 302}) != seen or (not seen and answer != 404):
                    wrong.append(f"{at} {standing}: {answer}, seen: {seen}")
    assert wrong == []


def readings(field: Field, noun: str, record: Record) -> Iterator[tuple[str, int]]:
    keys.refill()
    at = f"/{record.plural()}/{record.public_id}"
    for path in (at, f"{at}/timeline"):
        yield f"api {path}", field.api.client.get(f"/api/v1{path}", headers=field.api.headers).status_code
    name = "title" if noun == "opportunity" else "name"
    if noun == "submission":
        yield at, field.browser.get(at).status_code
    if noun in MAIN:
        for path in (at, f"{at}/access", f"{at}/edit/{name}?keep=1"):
            yield path, field.browser.get(path, headers={"HX-Request-Type": "partial"}).status_code


def test_editing_in_place(field: Field) -> None:
    """The form of a property and of a cell: for those who may edit the record."""
    wrong: list[str] = []
    for noun in MAIN:
        name = "title" if noun == "opportunity" else "name"
        for standing, record in field.standings(noun):
            if standing in {"merged", "archived"}:
                continue
            allowed = sees(field.grants, noun, standing) and may(field.grants, "edit", noun, standing)
            for path in (f"edit/{name}", "cell/owner"):
                answer = field.browser.get(f"/{record.plural()}/{record.public_id}/{path}").status_code
                if (answer == 200) != allowed or answer not in {200, 403, 404}:
                    wrong.append(f"{noun} {path} {standing}: {answer}, allowed: {allowed}")
    assert wrong == []


def test_lists_counts_and_search_show_what_may_be_seen(field: Field) -> None:
    for noun in MAIN:
        seen = {
            record.public_id for standing, record in field.standings(noun) if may(field.grants, "see", noun, standing)
        }
        unseen = {record.public_id for _standing, record in field.standings(noun)} - seen
        plural = nouns()[noun].plural()
        keys.refill()
        answer = field.api.client.get(f"/api/v1/{plural}?archived=all&limit=200", headers=field.api.headers)
        listed = {item["id"] for item in answer.json()["items"]}
        assert seen <= listed and not unseen & listed
        page = field.browser.get(f"/{plural}")
        assert page.status_code == (403 if level(field.grants, "see", noun) == "none" else 200)
        found = page.content + field.browser.get("/search", {"q": noun}).content
        found += field.browser.get("/search/quick", {"q": noun}).content
        assert [each for each in unseen if each.encode() in found] == []


def test_every_page_by_its_right(field: Field) -> None:
    """403 for those without the right it is for, and never a fault for those who have it."""
    wrong: list[str] = []
    for address, view in routes():
        row = PAGES[row_of(address)]
        if row in {"record", "program"} or address.endswith(("sign-out", "end-others", "forgotten", "again")):
            continue
        noun, _dot, action = row.partition(".")
        allowed = row in {"member", "anyone"} or level(field.grants, action, noun) != "none"
        for method in view.methods:
            with transaction.atomic():
                answer = field.browser.generic(method, "/" + re.sub(r"<[^>]+>", "7", address)).status_code
                transaction.set_rollback(True)
            if (answer == 403) is allowed or answer >= 500:
                wrong.append(f"{method} {address}: {answer}, allowed: {allowed}")
    assert wrong == []
