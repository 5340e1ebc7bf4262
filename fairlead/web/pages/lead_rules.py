"""Lead rules: the list as sentences, the editor of one, rehearsal, and the versions that there were."""

from typing import Any, cast

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from fairlead.core.errors import Invalid, Refused, WrongState
from fairlead.models import Lead, RuleSet
from fairlead.programs.rehearsal import MOST, rehearse
from fairlead.programs.rule_words import Said, said
from fairlead.routing import rules as shape
from fairlead.routing.overlap import findings
from fairlead.verbs import lead_rules as verbs
from fairlead.web.answer import declined
from fairlead.web.listings import LEADS
from fairlead.web.opened import open_list
from fairlead.web.page import Request, at_hand, done, page, record_or_404
from fairlead.web.pages.settings import show
from fairlead.web.rule_form import RuleForm

HOME = "/settings/rules"
SHOWN = 40  # of the leads that stay where they are


@page("organisation.edit")
def index(request: Request) -> HttpResponse:
    """The draft, or what is live, as sentences in their order."""
    draft, live = RuleSet.draft(), RuleSet.live_one()
    found = draft or live
    context = {
        "draft": draft,
        "live": live,
        "rules": said(found.rules, findings(found.rules)) if found else [],
        "moved": request.GET.get("moved", ""),
        "versions": RuleSet.objects.filter(state="past").count(),
    }
    return show(request, "rules/rules.html", context)


@page("organisation.edit", "GET", "POST")
def new(request: Request) -> HttpResponse:
    form = RuleForm({}, request.POST if request.method == "POST" else None)
    return _edited(request, form, f"{HOME}/new")


@page("organisation.edit", "GET", "POST")
def one(request: Request, key: str) -> HttpResponse:
    form = RuleForm(_rule(key), request.POST if request.method == "POST" else None)
    return _edited(request, form, f"{HOME}/{key}")


@page("organisation.edit", "POST")
def move(request: Request, key: str) -> HttpResponse:
    """One place up or down, or, as after dragging, before another one."""
    keys = [each["key"] for each in _shown().rules]
    at, way = keys.index(_rule(key)["key"]), request.POST.get("way", "")
    if way == "up" and at > 0:
        verbs.move_rule(request.by, key=key, before=keys[at - 1])
    elif way == "down" and at + 2 < len(keys):
        verbs.move_rule(request.by, key=key, before=keys[at + 2])
    elif way == "":
        verbs.move_rule(request.by, key=key, before=request.POST.get("before", ""))
    return done(request, f"{HOME}?moved={key}-{way if way == 'up' else 'down'}", _("Moved in the draft."))


@page("organisation.edit", "POST")
def remove(request: Request, key: str) -> HttpResponse:
    verbs.remove_rule(request.by, key=_rule(key)["key"])
    return done(request, HOME, _("Taken out of the draft."))


@page("organisation.edit", "POST")
def deed(request: Request, name: str) -> HttpResponse:
    """Make the draft live, or forget it."""
    try:
        if name == "discard":
            verbs.discard_rules(request.by)
            return done(request, HOME, _("Draft discarded. What is live stays."))
        found = verbs.publish_rules(request.by, note=request.POST.get("note", ""))
    except Refused as refusal:
        return declined(request, HOME, refusal)
    return done(request, HOME, _("%(version)s is live.") % {"version": found})


@page("organisation.edit")
def versions(request: Request) -> HttpResponse:
    found = RuleSet.objects.exclude(state="draft").order_by("-number")[:200]
    return show(request, "rules/versions.html", {"found": found})


@page("organisation.edit")
def version(request: Request, public_id: str) -> HttpResponse:
    found = cast(RuleSet, record_or_404(request, "rule_set", public_id))
    return show(request, "rules/version.html", {"found": found, "rules": said(found.rules)})


@page("organisation.edit", "POST")
def restore(request: Request, public_id: str) -> HttpResponse:
    found = cast(RuleSet, record_or_404(request, "rule_set", public_id))
    verbs.restore_rules(request.by, found)
    return done(request, HOME, _("The draft is as %(version)s was. Rehearse it, or make it live.") % {"version": found})


@page("organisation.edit")
def rehearsal(request: Request) -> HttpResponse:
    """Who would have got the last leads, or those of a saved view, by the draft."""
    draft, live = RuleSet.draft(), RuleSet.live_one()
    if draft is None or live is None:
        return show(request, "rules/rehearsal.html", {"found": None, "differing": [], "same": []})
    chosen = request.GET.get("view", "")
    leads = _leads(request, chosen)
    found = rehearse(draft, live, leads)
    views = [(view.public_id, view.name) for view in at_hand(request) if view.list_of == Lead.noun()]
    context = {
        "found": found,
        "count": len(leads),
        "same": found.same[:SHOWN],
        "more": max(0, len(found.same) - SHOWN),
        "chosen": chosen,
        "views": [("", _("The last %(most)s leads") % {"most": MOST}), *views],
    }
    return show(request, "rules/rehearsal.html", context)


def _edited(request: Request, form: RuleForm, at: str) -> HttpResponse:
    """The editor; what was typed is saved once nothing is wrong with it, or what is wrong was seen."""
    shown: list[str] = []
    if request.method == "POST" and not form.change_rows():
        try:
            rule = shape.one(form.read())
            shown = [] if "warned" in request.POST else _warnings(form, rule)
            if not shown:
                _save(request, form, rule)
                return done(request, HOME, _("Saved in the draft. It decides once you make it live."))
        except Invalid as refusal:
            form.object(refusal.errors)
        except WrongState as refusal:
            form.errors[""] = refusal.text
    context = {"form": form, "at": at, "warnings": shown, **form.context()}
    return show(request, "rules/rule.html", context, status=422 if form.wrong else 200)


def _save(request: Request, form: RuleForm, rule: Any) -> None:
    if form.rule.get("key"):
        verbs.edit_rule(request.by, key=form.rule["key"], rule=rule, seen=form.seen)
    else:
        verbs.add_rule(request.by, rule=rule)


def _warnings(form: RuleForm, rule: dict[str, Any]) -> list[str]:
    """What would be wrong with the list that is not yet: of this rule, and of those that it would catch all of."""
    rules = _shown().rules
    key = form.rule.get("key")
    place = next((at for at, each in enumerate(rules) if each["key"] == key), len(rules) - 1)
    after = [*rules[:place], rule, *rules[place + (1 if key else 0) :]]
    now, then = said(rules, findings(rules)), said(after, findings(after))
    known = {each.key: each.remarks for each in now if not key or each.key != key}
    found = []
    for each in then:
        fresh = [text for text in each.remarks if text not in known.get(each.key, ())]
        found += fresh if each.place == place else [_of(each, text) for text in fresh if each.key in known]
    return found


def _of(rule: Said, text: str) -> str:
    return f"{rule.title}: {text}"


def _shown() -> RuleSet:
    found = RuleSet.draft() or RuleSet.live_one()
    if found is None:
        raise Http404
    return found


def _rule(key: str) -> dict[str, Any]:
    rule = _shown().rule(key)
    if rule is None:
        raise Http404
    return rule


def _leads(request: Request, view: str) -> list[Lead]:
    if not view:
        found: Any = Lead.objects.visible_to(request.by).live().order_by("-created_at", "-id")
    else:
        found = open_list(LEADS, {"view": view}, request.by, request.reader)[0].records
    return list(found[:MOST])
