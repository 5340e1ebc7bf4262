"""Forms for visitors: built beside what they look like, put into languages, published and shown on other sites."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.db.models import IntegerField, OuterRef, Subquery
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from fairlead.core import clock
from fairlead.models import Campaign, CustomField, Form, Lead, MailTemplate, Occasion, Source, Submission, User
from fairlead.models.custom import live_fields
from fairlead.models.form import BECOMES, FIELD_KINDS, LANGUAGES, RIGHT_TO_LEFT
from fairlead.programs.forms import Shown, language_for, published
from fairlead.reading.phrases import phrases
from fairlead.verbs import forms as verbs
from fairlead.verbs.endpoints import create_campaign
from fairlead.verbs.form_fields import add_form_field
from fairlead.web.forms import Form as WebForm
from fairlead.web.page import Request, done, page, record_or_404, render
from fairlead.web.pages import endpoints
from fairlead.web.pages.teams import given_version

LATEST = 10
CAPPED = 1001
LINES = forms.Textarea(attrs={"rows": 3})
# The preview runs nothing and sends nothing.
PREVIEW = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)


class UpTo(Subquery):
    """How many there are, of which up to a thousand are counted."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field: Any = IntegerField()

    def __init__(self, found: Any) -> None:
        super().__init__(found.order_by().values("pk")[:CAPPED])


class New(WebForm):
    name = forms.CharField(max_length=80)
    kind = forms.ChoiceField(choices=Form.Kind.choices)
    language = forms.ChoiceField(choices=list(LANGUAGES.items()))


class NewField(WebForm):
    label = forms.CharField(max_length=200)
    kind = forms.ChoiceField(choices=list(FIELD_KINDS.items()))
    becomes = forms.ChoiceField(required=False, choices=lambda: becomes())
    choices_text = forms.CharField(required=False, max_length=10_000, widget=LINES)
    required = forms.BooleanField(required=False)


class Facts(WebForm):
    name = forms.CharField(max_length=80)
    address = forms.CharField(max_length=40)
    title = forms.CharField(max_length=120)
    intro = forms.CharField(required=False, max_length=2000, widget=LINES)
    button = forms.CharField(required=False, max_length=60)
    consent = forms.CharField(required=False, max_length=1000, widget=LINES)
    consent_required = forms.BooleanField(required=False)
    thanks = forms.CharField(required=False, max_length=2000, widget=LINES)
    redirect_to = forms.CharField(required=False, max_length=500)
    mail_subject = forms.CharField(required=False, max_length=150)
    mail_text = forms.CharField(required=False, max_length=5000, widget=LINES)
    template = forms.ChoiceField(
        required=False, choices=lambda: endpoints.records(MailTemplate, _("Its own subject and text"))
    )
    occasion = forms.ChoiceField(required=False, choices=lambda: occasions())
    lead_type = forms.ChoiceField(choices=Lead.Type.choices)
    source = forms.ChoiceField(required=False, choices=lambda: endpoints.records(Source, _("What the form says")))
    campaign = forms.CharField(required=False, max_length=120)
    interest = forms.CharField(required=False, max_length=200)
    owner = forms.ChoiceField(required=False, choices=lambda: endpoints.records(User, _("Nobody"), is_active=True))
    double_opt_in = forms.BooleanField(required=False)
    least_seconds = forms.IntegerField(min_value=0, max_value=verbs.MOST_SECONDS)
    origins = forms.CharField(required=False, max_length=5000, widget=LINES)

    def facts(self, request: Request) -> dict[str, Any]:
        """What was read, as the verb takes it; a campaign that is not there yet is made."""
        read = dict(self.cleaned_data)
        for name, model in (("source", Source), ("owner", User), ("occasion", Occasion), ("template", MailTemplate)):
            read[name] = cast(Any, model).objects.filter(public_id=read[name]).first()
        said = read["campaign"].strip()
        read["campaign"] = create_campaign(request.by, name=said) if said else None
        read["origins"] = [each.rstrip("/") for each in read["origins"].split()]
        return read


@page("organisation.edit", "GET", "POST")
def index(request: Request) -> HttpResponse:
    """The forms, and one to make another."""
    form = New(request.POST, initial={"kind": "contact", "language": "en"})
    if request.method == "POST" and form.carried_out(lambda **read: verbs.create_form(request.by, **read)):
        return done(request, url(form.result), _("%(form)s made.") % {"form": form.result})
    arrived = Submission.objects.filter(endpoint=OuterRef("endpoint_id"))
    counts = {"arrived": UpTo(arrived), "spam": UpTo(arrived.filter(state="spam"))}
    found = Form.objects.visible_to(request.by).select_related("occasion").annotate(**counts).order_by("name")
    context = {"form": form, "found": found}
    return render(request, "builder/forms.html", context, status=form.status)


@page("organisation.edit", "GET", "POST")
def one(request: Request, public_id: str) -> HttpResponse:
    """The builder: fields, texts, what its leads are, and how to put it on a site."""
    found = the_form(request, public_id)
    form, version = Facts(request.POST, initial=_known(found)), given_version(request)
    if request.method == "POST" and form.carried_out(
        lambda **_read: verbs.edit_form(request.by, found, version=version, **form.facts(request))
    ):
        return done(request, url(found), _("%(form)s saved.") % {"form": found})
    return show(request, found, form, NewField(initial={"kind": "text"}))


@page("organisation.edit", "POST")
def add(request: Request, public_id: str) -> HttpResponse:
    """One more field, at the end."""
    found = the_form(request, public_id)
    new = NewField(request.POST)
    if new.carried_out(lambda choices_text, **read: _added(request, found, choices_text, read)):
        return done(request, f"{url(found)}#fields", _("“%(label)s” added.") % {"label": new.cleaned_data["label"]})
    return show(request, found, Facts(initial=_known(found)), new)


@page("organisation.edit", "POST")
def publish(request: Request, public_id: str) -> HttpResponse:
    found = verbs.publish_form(request.by, the_form(request, public_id))
    return done(request, url(found), _("%(form)s is published.") % {"form": found})


@page("organisation.edit", "POST")
def unpublish(request: Request, public_id: str) -> HttpResponse:
    found = verbs.unpublish_form(request.by, the_form(request, public_id))
    return done(request, url(found), _("%(form)s is off the web.") % {"form": found})


@page("organisation.edit")
def preview(request: Request, public_id: str) -> HttpResponse:
    """What visitors see, or would see."""
    about = published(the_form(request, public_id))
    language = language_for(about, request.GET.get("lang", ""), "")
    context = {
        "shown": Shown(about, language),
        "form": about,
        "embedded": True,
        "preview": True,
        "lang": language,
        "direction": "rtl" if language in RIGHT_TO_LEFT else "ltr",
        "words": phrases(language),
    }
    headers = {"Content-Security-Policy": PREVIEW, "X-Frame-Options": "SAMEORIGIN"}
    return HttpResponse(render_to_string("forms/form.html", context), headers=headers)


def show(request: Request, found: Form, form: WebForm, new: WebForm) -> HttpResponse:
    base = f"{settings.BASE_URL}/f/{found.address}"
    arrived = Submission.objects.visible_to(request.by).filter(endpoint=found.endpoint_id)
    context = {
        "found": found,
        "form": form,
        "new": new,
        "at": url(found),
        "public": base,
        "script": f'<script src="{base}/embed.js" async></script>',
        "frame": f'<iframe src="{base}?embed=1" title="{found.address}" width="100%" height="700"></iframe>',
        "kinds": FIELD_KINDS,
        "becomes": dict(becomes()),
        "campaigns": [each.name for each in Campaign.objects.order_by("name")[:200]],
        "languages": [(code, name, code in found.translations) for code, name in LANGUAGES.items()],
        "own_language": LANGUAGES[found.language],
        "latest": list(arrived.select_related("lead").order_by("-received_at", "-id")[:LATEST]),
        "spam": arrived.filter(state="spam")[:CAPPED].count(),
        "moved": request.GET.get("moved", ""),
        "is_over": found.occasion is not None and found.occasion.is_over(clock.now()),
    }
    wrong = 422 if form.wrong or new.wrong else 200
    return render(request, "builder/form.html", context, status=wrong)


def becomes() -> list[tuple[str, Any]]:
    """What an answer can become, in words."""
    own = [(f"custom.{field.key}", field.name) for field in live_fields("lead") if _is_simple(field)]
    return [("", _("As usual for its kind")), *((name, endpoints.BECOMES[name]) for name in BECOMES), *own]


def occasions() -> list[tuple[str, Any]]:
    found = Occasion.objects.filter(archived_at=None).order_by("-starts_at")[:200]
    return [("", _("None")), *((each.public_id, each.title) for each in found)]


def the_form(request: Request, public_id: str) -> Form:
    return cast(Form, record_or_404(request, "form", public_id))


def url(form: Form) -> str:
    return f"/forms/{form.public_id}"


def _added(request: Request, found: Form, choices_text: str, read: dict[str, Any]) -> Form:
    lines = [line.strip() for line in choices_text.splitlines() if line.strip()]
    return add_form_field(request.by, found, choices=[{"name": line} for line in lines], **read)


def _is_simple(field: CustomField) -> bool:
    return field.kind != "link"


def _known(form: Form) -> dict[str, Any]:
    plain = {name: getattr(form, name) for name in Facts.base_fields if hasattr(form, name)}
    at, source, owner = form.endpoint, form.endpoint.source, form.endpoint.owner
    return plain | {
        "origins": "\n".join(form.origins),
        "occasion": form.occasion.public_id if form.occasion else "",
        "template": form.template.public_id if form.template else "",
        "lead_type": at.lead_type,
        "interest": at.interest,
        "campaign": at.campaign.name if at.campaign else "",
        "source": source.public_id if source else "",
        "owner": owner.public_id if owner else "",
    }
