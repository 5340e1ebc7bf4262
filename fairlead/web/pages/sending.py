"""How mail leaves: the server or provider, a try that explains what it saw, and what has left or waits to."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from markupsafe import Markup

from fairlead.core.outbox import Outbox
from fairlead.models import Response, Sending
from fairlead.programs import mail_check
from fairlead.programs import sending as ways
from fairlead.reading.mail_html import cleaned
from fairlead.verbs.outgoing import FORGOTTEN
from fairlead.verbs.sending import EFFECTS, send_mail_again, set_sending
from fairlead.web.forms import Form
from fairlead.web.page import Request, done, page
from fairlead.web.pages.mail_templates import PREVIEW
from fairlead.web.pages.settings import show
from fairlead.web.pages.teams import given_version

SHOWN = 50
PLAIN = ("provider", "host", "port", "security", "username", "domain", "from_address", "reply_to")
STATES: dict[str, Any] = {
    "waiting": gettext_lazy("Waits"),
    "leased": gettext_lazy("Waits"),
    "done": gettext_lazy("Sent"),
    "failed": gettext_lazy("Not sent"),
    "cancelled": gettext_lazy("Called off"),
}


class Facts(Form):
    provider = forms.ChoiceField(choices=Sending.Provider.choices)
    host = forms.CharField(required=False, max_length=253)
    port = forms.IntegerField(min_value=1, max_value=65535)
    security = forms.ChoiceField(choices=Sending.Security.choices)
    username = forms.CharField(required=False, max_length=320)
    secret = forms.CharField(required=False, max_length=2000, strip=False, widget=forms.PasswordInput)
    domain = forms.CharField(required=False, max_length=253)
    from_address = forms.CharField(required=False, max_length=320)
    reply_to = forms.CharField(required=False, max_length=320)


class Try(Form):
    to = forms.EmailField(max_length=254)


@page("organisation.edit", "GET", "POST")
def edit(request: Request) -> HttpResponse:
    ours, version = Sending.ours(), given_version(request)
    form = Facts(request.POST, initial={name: getattr(ours, name) for name in PLAIN})
    if request.method == "POST" and form.carried_out(
        lambda **read: set_sending(request.by, version=version if ours.pk else None, **read)
    ):
        return done(request, "/settings/mail", _("Saved. Try it below."))
    return _show(request, form, Try(initial={"to": request.user.email}))


@page("organisation.edit", "POST", patient=True)
def test(request: Request) -> HttpResponse:
    """Send a mail as it would be sent now, and say what was seen step by step."""
    ours, form = Sending.ours(), Try(request.POST)
    seen = mail_check.check(form.cleaned_data["to"]) if form.is_valid() else []
    return _show(request, Facts(initial={name: getattr(ours, name) for name in PLAIN}), form, seen)


@page("organisation.edit")
def outgoing(request: Request) -> HttpResponse:
    """What has left or waits to, the newest first."""
    state = request.GET.get("state", "")
    found = Outbox.objects.filter(effect__in=EFFECTS).order_by("-pk")
    chosen = {"waiting": ["waiting", "leased"]}.get(state, [state] if state in STATES else [])
    before = request.GET.get("before", "")
    found = found.filter(pk__lt=int(before)) if before.isdecimal() and len(before) < 18 else found
    rows = list((found.filter(state__in=chosen) if chosen else found)[: SHOWN + 1])
    tabs = [("", _("All")), ("waiting", _("Waiting")), ("failed", _("Not sent")), ("done", _("Sent"))]
    context = {
        "rows": rows[:SHOWN],
        "more": f"?state={state}&before={rows[SHOWN - 1].pk}" if len(rows) > SHOWN else "",
        "states": STATES,
        "kept_here": ways.is_kept_here(),
        "tabs": [
            {"label": label, "url": f"/settings/mail/outgoing?state={name}", "current": state == name}
            for name, label in tabs
        ],
    }
    return show(request, "settings/outgoing.html", context)


@page("organisation.edit")
def one(request: Request, number: int) -> HttpResponse:
    """One mail as it leaves; what holds a secret, or what a visitor wrote, is not shown."""
    row = _row(number)
    answered = Response.objects.filter(public_id=row.payload.get("response", "")).select_related("lead").first()
    context = {
        "row": row,
        "at": f"/settings/mail/outgoing/{row.pk}",
        "mail": dict.fromkeys(("text", "html", "files", "calendar"), "") | row.payload,
        "readable": row.payload.get("purpose") not in FORGOTTEN,
        "state": STATES[row.state],
        "lead": answered.lead if answered else None,
        "kept_here": ways.is_kept_here(),
    }
    return show(request, "settings/outgoing_mail.html", context)


@page("organisation.edit")
def html(request: Request, number: int) -> HttpResponse:
    """The HTML part of a mail, in a frame of its own."""
    mail = _row(number).payload
    if mail.get("purpose") in FORGOTTEN:
        raise Http404
    # cleaned by nh3
    # nosemgrep
    context = {"lang": "en", "direction": "auto", "html": Markup(cleaned(mail.get("html", "")))}  # noqa: S704
    shown = render_to_string("mail/html.html", context)
    return HttpResponse(shown, headers={"Content-Security-Policy": PREVIEW, "X-Frame-Options": "SAMEORIGIN"})


@page("organisation.edit", "POST")
def again(request: Request, number: int) -> HttpResponse:
    send_mail_again(request.by, key=_row(number).key)
    return done(request, f"/settings/mail/outgoing/{number}", _("It is sent once more."))


def _show(request: Request, form: Form, attempt: Form, seen: list[mail_check.Seen] | None = None) -> HttpResponse:
    ours = Sending.ours()
    context: dict[str, Any] = {
        "form": form,
        "ours": ours,
        "attempt": attempt,
        "seen": seen or [],
        "advised": mail_check.advised() if seen else [],
        "kept_here": ways.is_kept_here(),
        "by_environment": settings.EMAIL_HOST if ways.is_by_environment() else "",
        "mail_from": settings.MAIL_FROM,
        "sender": ways.sender(ours),
        "failed": Outbox.objects.filter(effect__in=EFFECTS, state="failed").count(),
    }
    return show(request, "settings/mail.html", context, status=max(form.status, attempt.status))


def _row(number: int) -> Outbox:
    found = Outbox.objects.filter(pk=number, effect__in=EFFECTS).first() if number < 2**63 else None
    if found is None:
        raise Http404
    return found
