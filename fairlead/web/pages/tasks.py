"""Tasks: the list of what is to do, a task's own page, finishing with an outcome, and many at once."""

from typing import Any, cast

from django.http import HttpResponse, QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from fairlead.core import access
from fairlead.core.cutoff import in_time
from fairlead.core.errors import Conflict, Invalid, NotFound, Refused, TooSlow
from fairlead.core.schema import find, perform
from fairlead.models import Task, User
from fairlead.reading import repeats
from fairlead.web import formats, keyset, noting, typed
from fairlead.web.answer import answered, back_to, declined, told
from fairlead.web.keyset import Place
from fairlead.web.page import Request, page, render
from fairlead.web.pages.deeds import home_of
from fairlead.web.pages.records import known_team
from fairlead.web.pages.today import home, place
from fairlead.web.repeating import in_words
from fairlead.web.rows import on_which
from fairlead.web.soon import later
from fairlead.web.tasks import FEW, LAYOUTS, WHOSE, Asked, Group, by_due, by_person, by_record
from fairlead.web.tasks import page as page_of_tasks

MOST = 200  # in one act
DUE_AT: Any = Task._meta.get_field("due_at")
REMINDERS = (0, 5, 10, 15, 30, 60, 120, 1440)


@page("task.see")
def index(request: Request) -> HttpResponse:
    """Open tasks: mine, those I gave to others, my team's or all; by due date, person or record."""
    asked = _asked(request)
    try:
        with in_time():
            groups, following = _groups(asked, request)
    except TooSlow as slow:
        return render(request, "tasks/tasks.html", _frame(asked) | {"groups": [], "slow": slow.text, "following": ""})
    tasks = [task for group in groups for task in group.tasks]
    context = _frame(asked) | {
        "groups": groups,
        "following": following,
        "editable": _editable(request, tasks),
        "snooze": later(request.reader),
        "team": known_team(),
        "home": home,
        "place": place,
        "query": request.GET.urlencode(),
        "slow": "",
    }
    return render(request, "tasks/tasks.html", context)


@page("task.edit", "POST")
def bulk(request: Request) -> HttpResponse:
    """Done, another day or another person for the ticked tasks: one act, one undo."""
    back = f"/tasks?{QueryDict(request.POST.get('query', '')).urlencode()}".rstrip("?")
    try:
        name, raw = _many(request)
        answer = perform(name, request.by, raw)
    except Refused as refusal:
        return declined(request, back, refusal)
    return answered(request, back, told(answer["act"], request.by, request.reader), answer["act"])


@page("member", "GET", "POST")
def one(request: Request, address: str) -> HttpResponse:
    """A task with all it has: date, reminder, checklist, how it repeats."""
    task = cast(Task, find("task", address, request.by))
    errors: dict[str, str] = {}
    given = _given(task, request)
    if request.method == "POST":
        given = {name: request.POST.get(name, "").strip() for name in given}
        try:
            answer = perform("edit_task", request.by, _edited(task, given, request))
            return answered(
                request, f"/tasks/{task.public_id}", told(answer["act"], request.by, request.reader), answer["act"]
            )
        except Invalid as invalid:
            names = {"due_on": "due", "due_time": "due"}
            errors = {names.get(name, name): " ".join(texts) for name, texts in invalid.errors.items()}
        except Conflict as conflict:
            errors = {"title": conflict.text}
    return _show(request, task, given, errors)


@page("member", "GET", "POST")
def finish(request: Request, address: str) -> HttpResponse:
    """Done, with what came of it and what comes next, in one box."""
    task = cast(Task, find("task", address, request.by))
    text = request.POST.get("text", "").strip()
    back = back_to(request, home_of(task))
    error = ""
    if request.method == "POST":
        facts = {name: value for name, value in noting.taken("note", request.POST).items() if name.startswith("next_")}
        try:
            raw = {"task": task.public_id, "outcome": text[:300], **facts}
            answer = perform("complete_task", request.by, raw)
            return answered(request, back, told(answer["act"], request.by, request.reader), answer["act"])
        except Invalid as invalid:
            error = " ".join(text for texts in invalid.errors.values() for text in texts)
    context = {"task": task, "home": back, "place": place(task), "text": text, "error": error, "about": home(task)}
    return render(request, "tasks/finish.html", context, status=422 if error else 200)


# --- the list ----------------------------------------------------------------------------------------------------


def _asked(request: Request) -> Asked:
    whose, layout = request.GET.get("whose", "mine"), request.GET.get("by", "due")
    who = cast(User, find("user", request.GET["who"], request.by)) if request.GET.get("who") else None
    if whose not in WHOSE or layout not in LAYOUTS:
        raise NotFound(_("There is no such list."))
    return Asked(request.by, request.reader, whose, layout, who, _place(request))


def _place(request: Request) -> Place | None:
    return keyset.read(request.GET["after"], DUE_AT) if request.GET.get("after") else None


def _groups(asked: Asked, request: Request) -> tuple[list[Group], str]:
    if asked.layout == "owner" and asked.who is None:
        return [_of_person(person, tasks, asked) for person, tasks in by_person(asked)], ""
    tasks, following = page_of_tasks(asked)
    more = ""
    if following:
        query = {name: request.GET[name] for name in ("whose", "by", "who") if name in request.GET}
        more = f"/tasks?{urlencode(query | {'after': keyset.written(following, DUE_AT)})}"
    if asked.layout == "record":
        return [Group(str(each[0].about), each, url=home(each[0])) for each in by_record(tasks).values()], more
    return list(by_due(tasks, request.reader.today)), more


def _of_person(person: User, tasks: list[Task], asked: Asked) -> Group:
    url = f"/tasks?{urlencode({'whose': asked.whose, 'who': person.public_id})}"
    return Group(person.name, tasks[:FEW], more=url if len(tasks) > FEW else "", url=url)


def _frame(asked: Asked) -> dict[str, Any]:
    def url(**changed: str) -> str:
        query = {"whose": asked.whose, "by": asked.layout} | changed
        usual = {"whose": "mine", "by": "due"}
        return f"/tasks?{urlencode({k: v for k, v in query.items() if usual.get(k) != v})}".rstrip("?")

    return {
        "asked": asked,
        "who": asked.who,
        "views": [
            {"url": url(whose=name), "label": label, "current": name == asked.whose and not asked.who}
            for name, label in WHOSE.items()
        ],
        "layouts": [
            {"url": url(by=name), "label": label, "icon": icon, "current": name == asked.layout}
            for name, (label, icon) in LAYOUTS.items()
        ],
    }


def _editable(request: Request, tasks: list[Task]) -> frozenset[int]:
    return on_which(request.by, "edit", Task, [task.pk for task in tasks])


# --- many at once -------------------------------------------------------------------------------------------------


def _many(request: Request) -> tuple[str, dict[str, Any]]:
    chosen = request.POST.getlist("id")
    if not chosen or len(chosen) > MOST:
        raise Invalid({"id": [_("Choose 1 to 200 tasks. Nothing was changed.")]})
    act, raw = request.POST.get("act", ""), {"tasks": chosen}
    if act == "done":
        return "complete_tasks", raw
    if act == "snooze":
        try:
            due_on, due_time = typed.due(request.POST.get("until", ""), request.reader)
        except typed.Unread as unread:
            raise Invalid({"until": [str(unread)]}) from None
        return "snooze_tasks", raw | {"due_on": due_on.isoformat(), "due_time": due_time and due_time.isoformat()}
    if act == "assign" and request.POST.get("assignee"):
        return "assign_tasks", raw | {"assignee": request.POST["assignee"]}
    raise Invalid({"act": [_("Choose what to do with the selected tasks. Nothing was changed.")]})


# --- one task -----------------------------------------------------------------------------------------------------


def _given(task: Task, request: Request) -> dict[str, str]:
    due = ""
    if task.due_on:
        due = formats.plain_date(task.due_on, request.reader)
        due += f" {task.due_time:%H:%M}" if task.due_time else ""
    return {
        "title": task.title,
        "kind": task.kind,
        "due": due,
        "remind_minutes": "" if task.remind_minutes is None else str(task.remind_minutes),
        "checklist": "\n".join(each["text"] for each in task.checklist),
        "repeats": task.repeats,
        "repeats_after_done": "1" if task.repeats_after_done else "",
    }


def _edited(task: Task, given: dict[str, str], request: Request) -> dict[str, Any]:
    raw: dict[str, Any] = {name: given[name] for name in ("title", "kind", "repeats")}
    raw |= {"task": task.public_id, "due_on": None, "due_time": None}
    raw["repeats_after_done"] = bool(given["repeats_after_done"])
    raw["remind_minutes"] = int(given["remind_minutes"]) if given["remind_minutes"].isdecimal() else None
    if given["due"]:
        try:
            due_on, due_time = typed.due(given["due"], request.reader)
        except typed.Unread as unread:
            raise Invalid({"due": [str(unread)]}) from None
        raw |= {"due_on": due_on.isoformat(), "due_time": due_time.isoformat() if due_time else None}
    ticked = {each["text"] for each in task.checklist if each["done"]}
    lines = dict.fromkeys(line.strip() for line in given["checklist"].splitlines() if line.strip())
    raw["checklist"] = [{"text": line, "done": line in ticked} for line in lines]
    if request.POST.get("version", "").isdecimal():
        raw["version"] = int(request.POST["version"])
    return raw


def _show(request: Request, task: Task, given: dict[str, str], errors: dict[str, str]) -> HttpResponse:
    context = {
        "task": task,
        "given": given,
        "errors": errors,
        "home": home(task),
        "place": place(task),
        "may_edit": access.can(request.by, "edit", task) and task.archived_at is None,
        "repeated": in_words(task.repeats),
        "common": [(rule, in_words(rule)) for rule in repeats.COMMON],
        "reminders": [("", _("As in my settings")), *((str(each), _in_words(each)) for each in REMINDERS)],
        "next_one": Task.objects.visible_to(request.by).filter(made_from=task).first(),
    }
    return render(request, "tasks/task.html", context, status=422 if errors else 200)


def _in_words(minutes: int) -> str:
    if minutes == 0:
        return _("At its time")
    if minutes % 1440 == 0:
        return _("A day before")
    return _("%(span)s before") % {"span": f"{minutes} min" if minutes < 60 else f"{minutes // 60} h"}
