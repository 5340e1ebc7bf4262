"""The composer: one box that logs what happened, or plans what will, with the next step in the same act."""

from datetime import datetime, time
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from fairlead.core.errors import Invalid, KeyReused, NotFound
from fairlead.core.schema import perform
from fairlead.models import Task
from fairlead.programs.drafting import draft_for
from fairlead.reading.when.finding import LONGEST
from fairlead.web import formats, noting, typed
from fairlead.web.addresses import url_of
from fairlead.web.answer import answered, came_from
from fairlead.web.formats import Reader
from fairlead.web.page import Request, page, render
from fairlead.web.pages.records import known_team, load, page_of

KINDS = ("call", "note", "mail", "meeting", "task")
KEPT = (
    "text",
    "book",
    "outcome",
    "direction",
    "happened",
    "next_step",
    "on",
    "other_day",
    "at",
    "task_kind",
    "assignee",
    "task",
)


@page("member", "GET", "POST")
def log(request: HttpRequest, noun: str, address: str) -> HttpResponse:
    """Log a call, note, mail or meeting, or add a task; sent twice, it is written once."""
    record = load(request, noun, address)
    if request.method != "POST":  # a page with an error, loaded anew
        return HttpResponseRedirect(url_of(record))
    kind = request.POST.get("kind", "")
    if kind not in KINDS:
        raise NotFound(_("There is no such entry to write."))
    given = {name: request.POST.get(name, "").strip() for name in KEPT}
    found = cast(Request, request)
    try:
        verb, raw = _deed(kind, given, found)
        raw["about"] = f"{noun}:{record.public_id}"
        answer = perform(verb, found.by, raw, key=_key(request))
    except Invalid as invalid:
        draft = draft_for(found.by, record, given["task"][:40]) if given["task"] else None
        return page_of(request, record, status=422, box=_box(kind, given, _at_fields(invalid)) | {"draft": draft})
    except KeyReused:
        errors = {"text": _("This was logged already. Send it again to log it a second time.")}
        return page_of(request, record, status=422, box=_box(kind, given, errors))
    back = _quiet(came_from(request, url_of(record)))
    return answered(request, back, _said(kind, raw, found.reader), answer["act"])


@page("member", "POST")
def read(request: HttpRequest, noun: str, address: str) -> HttpResponse:
    """What the text in the composer says, as chips, while it is typed; changes nothing."""
    record, found = load(request, noun, address), cast(Request, request)
    text = request.POST.get("text", "").replace("\x00", "")[:LONGEST]
    shown = noting.read(request.POST.get("kind", ""), text, record, found.reader, known_team())
    return render(request, "records/_said.html", {"said": shown, "text": text})


@page("member", "POST")
def plan(request: HttpRequest, noun: str, address: str) -> HttpResponse:
    """A next step in one press: a follow-up on the chosen day; pressed twice, it is planned once."""
    record = load(request, noun, address)
    found = cast(Request, request)
    whom = getattr(record, "customer", None) or record
    raw = {"about": f"{noun}:{record.public_id}", "title": _("Follow up with %(name)s") % {"name": whom}}
    try:
        due_on, due_time = typed.due(request.POST.get("due", ""), found.reader)
    except typed.Unread as unread:
        raise Invalid({"due": [str(unread)]}) from None
    raw |= {"due_on": due_on.isoformat()} | ({"due_time": due_time.isoformat()} if due_time else {})
    answer = perform("add_task", found.by, raw, key=_key(request))
    return answered(request, came_from(request, url_of(record)), _said("task", raw, found.reader), answer["act"])


def _box(kind: str, given: dict[str, str], errors: dict[str, str]) -> dict[str, Any]:
    return {"kind": kind, "focus": True, "given": given, "errors": errors}


def _deed(kind: str, given: dict[str, str], request: Request) -> tuple[str, dict[str, Any]]:
    """The verb that is meant, with its input: what chips say stands for what the form's own fields do."""
    if kind == "meeting" and given["book"]:
        return "book_meeting", _meeting(given, request.reader)
    facts = noting.taken(kind, request.POST)
    given = given | dict.fromkeys(_stood_for(facts), "")
    if kind == "task":
        return "add_task", _task(given, request.reader) | facts
    return f"log_{kind}", _entry(kind, given, request.reader) | facts


def _stood_for(facts: dict[str, Any]) -> set[str]:
    """The fields of the form that chips stand for."""
    dated = {"next_step", "on", "other_day", "at"} if {"next_on", "due_on"} & facts.keys() else set()
    names = {"outcome": "outcome", "kind": "task_kind", "assignee": "assignee", "happened_at": "happened"}
    return dated | {field for fact, field in names.items() if fact in facts}


def _meeting(given: dict[str, str], reader: Reader) -> dict[str, Any]:
    if not given["text"]:
        raise Invalid({"text": [_("Write what the meeting is about first.")]})
    try:
        starts = typed.ahead(given["book"], reader)
    except typed.Unread as unread:
        raise Invalid({"book": [str(unread)]}) from None
    first, _end, rest = given["text"].partition("\n")
    return {"title": first[:300], "note": rest.strip(), "starts_at": starts.isoformat()}


def _entry(kind: str, given: dict[str, str], reader: Reader) -> dict[str, Any]:
    raw: dict[str, Any] = {"text": given["text"]}
    if kind == "call" and given["outcome"]:
        raw["outcome"] = given["outcome"]
    if kind in {"call", "mail"} and given["direction"]:
        raw["direction"] = given["direction"]
    if given["task"]:
        raw["task"] = given["task"]
    if given["happened"]:
        raw["happened_at"] = _moment(given["happened"], reader)
    if given["next_step"] or given["on"] or given["other_day"]:
        raw |= chosen_due(given, reader, "next_on", "next_time")
        raw["next_kind"] = "call" if given["next_step"].lower().startswith("call") else "todo"
        if given["next_step"]:
            raw["next_step"] = given["next_step"]
    return raw


def _task(given: dict[str, str], reader: Reader) -> dict[str, Any]:
    if not given["text"]:
        raise Invalid({"text": [_("Write what is to be done first.")]})
    raw: dict[str, Any] = {"title": given["text"], **chosen_due(given, reader, "due_on", "due_time")}
    if given["task_kind"]:
        raw["kind"] = given["task_kind"]
    if given["assignee"]:
        raw["assignee"] = given["assignee"]
    return raw


def chosen_due(given: dict[str, str], reader: Reader, on: str, at: str) -> dict[str, Any]:
    """The day of a chip, or what was typed instead, with its time, by the names that the verb has for them."""
    text = given["other_day"] or given["on"]
    try:
        day, hour = typed.due(text, reader) if text else (None, None)
    except typed.Unread as unread:
        raise Invalid({"other_day": [str(unread)]}) from None
    hour = _time(given["at"]) if given["at"] else hour
    return {on: day and day.isoformat()} | ({at: hour.isoformat()} if hour else {})


def _moment(text: str, reader: Reader) -> str:
    try:
        return typed.moment(text, reader).isoformat()
    except typed.Unread as unread:
        raise Invalid({"happened": [str(unread)]}) from None


def _time(text: str) -> time:
    try:
        return typed.clock(text)
    except typed.Unread as unread:
        raise Invalid({"at": [str(unread)]}) from None


def _key(request: HttpRequest) -> str:
    return f"form {request.POST['token'][:100]}" if request.POST.get("token") else ""


def _at_fields(invalid: Invalid) -> dict[str, str]:
    """The verb's messages at the form's fields."""
    fields = {"happened_at": "happened", "next_on": "other_day", "due_on": "other_day", "title": "text"}
    return {fields.get(name, name): " ".join(messages) for name, messages in invalid.errors.items()}


def _said(kind: str, raw: dict[str, Any], reader: Reader) -> str:
    words = {"call": _("Call logged."), "note": _("Note saved."), "mail": _("E-mail logged.")}
    words |= {"meeting": _("Meeting logged."), "task": _("Task added.")}
    if "starts_at" in raw:
        when = formats.moment(datetime.fromisoformat(raw["starts_at"]), reader)
        return _("Meeting booked: %(when)s.") % {"when": when}
    due_on, due_time = raw.get("due_on", raw.get("next_on")), raw.get("due_time", raw.get("next_time"))
    if not due_on:
        return words[kind]
    task = Task(due_on=Task._meta.get_field("due_on").to_python(due_on))
    assert task.due_on is not None
    when = formats.day(task.due_on, reader) + (f", {formats.clock(typed.clock(due_time), reader)}" if due_time else "")
    return f"{words[kind]} " + _("Next: %(when)s.") % {"when": when}


def _quiet(url: str) -> str:
    """The page again, without what opened its composer."""
    path, _mark, query = url.partition("?")
    opening = ("kind=", "direction=", "text=", "task=")
    kept = "&".join(part for part in query.split("&") if part and not part.startswith(opening))
    return f"{path}?{kept}" if kept else path
