"""Mailboxes that are read for inquiries: where they are, what their mails become, and a look into them."""

from typing import Any, cast

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _

from fairlead.models import Endpoint, Mailbox, MailboxProgress, Submission, Team
from fairlead.programs.mailboxes import Trouble, look
from fairlead.verbs.mailboxes import close_mailbox, create_mailbox, edit_mailbox, open_mailbox
from fairlead.web.forms import Form
from fairlead.web.page import Request, done, page, record_or_404
from fairlead.web.pages.settings import show
from fairlead.web.pages.teams import given_version

LATEST = 10
PLAIN = ("name", "host", "port", "security", "username", "folder")


class Facts(Form):
    name = forms.CharField(max_length=80)
    host = forms.CharField(max_length=253)
    port = forms.IntegerField(min_value=1, max_value=65535)
    security = forms.ChoiceField(choices=Mailbox.Security.choices)
    username = forms.CharField(max_length=320)
    password = forms.CharField(required=False, max_length=500, strip=False, widget=forms.PasswordInput)
    folder = forms.CharField(max_length=200)
    endpoint = forms.ChoiceField(choices=lambda: _records(Endpoint))
    team = forms.ChoiceField(required=False, choices=lambda: [("", _("Nobody’s")), *_records(Team)])

    def facts(self) -> dict[str, Any]:
        """What was read, as the verbs take it."""
        read = dict(self.cleaned_data)
        read["endpoint"] = Endpoint.objects.get(public_id=read["endpoint"])
        read["team"] = Team.objects.filter(public_id=read["team"]).first()
        return read


class New(Facts):
    password = forms.CharField(max_length=500, strip=False, widget=forms.PasswordInput)


NEW = {"port": 993, "security": "tls", "folder": "INBOX"}


@page("organisation.edit", "GET", "POST")
def index(request: Request) -> HttpResponse:
    form = New(request.POST, initial=NEW)
    if request.method == "POST" and form.carried_out(lambda **_read: create_mailbox(request.by, **form.facts())):
        made: Mailbox = form.result
        return done(request, f"/settings/mailboxes/{made.public_id}", _("%(name)s is connected.") % {"name": made.name})
    mailboxes = list(Mailbox.objects.visible_to(request.by).select_related("endpoint").order_by("archived_at", "name"))
    progress = {each.pk: each for each in MailboxProgress.objects.filter(mailbox__in=mailboxes)}
    context = {
        "form": form,
        "mailboxes": mailboxes,
        "progress": progress,
        "endpoints": Endpoint.objects.live().exists(),
    }
    return show(request, "settings/mailboxes.html", context, status=form.status)


@page("organisation.edit", "GET", "POST")
def one(request: Request, public_id: str) -> HttpResponse:
    mailbox = _mailbox(request, public_id)
    form, version = Facts(request.POST, initial=_shown(mailbox)), given_version(request)
    if request.method == "POST" and form.carried_out(
        lambda **_read: edit_mailbox(request.by, mailbox, version=version, **form.facts())
    ):
        return done(request, request.path, _("%(name)s saved.") % {"name": mailbox.name})
    return _show(request, mailbox, form)


@page("organisation.edit", "POST", patient=True)
def test(request: Request, public_id: str) -> HttpResponse:
    """Look into the mailbox and say what is seen there."""
    mailbox = _mailbox(request, public_id)
    try:
        said = {"seen": look(mailbox)}
    except Trouble as trouble:
        said = {"trouble": str(trouble)}
    return _show(request, mailbox, Facts(initial=_shown(mailbox)), **said)


@page("organisation.edit", "POST")
def close(request: Request, public_id: str) -> HttpResponse:
    mailbox = close_mailbox(request.by, _mailbox(request, public_id))
    return done(request, f"/settings/mailboxes/{public_id}", _("%(name)s is not read any more.") % {"name": mailbox})


@page("organisation.edit", "POST")
def reopen(request: Request, public_id: str) -> HttpResponse:
    mailbox = open_mailbox(request.by, _mailbox(request, public_id))
    return done(request, f"/settings/mailboxes/{public_id}", _("%(name)s is read again.") % {"name": mailbox})


def _show(request: Request, mailbox: Mailbox, form: Form, **said: str) -> HttpResponse:
    arrived = Submission.objects.visible_to(request.by).filter(
        endpoint=mailbox.endpoint, headers__Mailbox=mailbox.public_id
    )
    context = {
        "mailbox": mailbox,
        "form": form,
        "progress": mailbox.progress,
        "latest": list(arrived.select_related("lead").order_by("-received_at", "-id")[:LATEST]),
        **said,
    }
    return show(request, "settings/mailbox.html", context, status=form.status)


def _records(model: Any) -> list[tuple[str, str]]:
    return [(each.public_id, each.name) for each in model.objects.live().order_by("name")[:300]]


def _shown(mailbox: Mailbox) -> dict[str, Any]:
    links = {"endpoint": mailbox.endpoint.public_id, "team": mailbox.team.public_id if mailbox.team else ""}
    return {name: getattr(mailbox, name) for name in PLAIN} | links


def _mailbox(request: Request, public_id: str) -> Mailbox:
    return cast(Mailbox, record_or_404(request, "mailbox", public_id))
