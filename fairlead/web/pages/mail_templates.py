"""Mail templates: what is answered by itself, languages side by side, beside what a real lead would get."""

from typing import Any, cast

from django import forms
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from markupsafe import Markup

from fairlead.core.errors import Invalid
from fairlead.core.upload import Arrival
from fairlead.models import Enclosure, Form, Lead, MailTemplate, Occasion, TrialPool
from fairlead.models.form import LANGUAGES, RIGHT_TO_LEFT
from fairlead.models.mail_template import PARTS, PLACEHOLDERS, ROOM
from fairlead.verbs import mail_templates as verbs
from fairlead.verbs.letters import filled_for
from fairlead.web.forms import Form as WebForm
from fairlead.web.page import Request, done, page, record_or_404, render
from fairlead.web.pages.settings import show
from fairlead.web.pages.teams import given_version

LEADS = 20
TALL = {"text": 12, "html": 8}
# The mail's own styles show, and nothing else of it: no script, no picture from elsewhere, no link that is followed.
PREVIEW = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-same-origin"
)


class New(WebForm):
    name = forms.CharField(max_length=80)
    purpose = forms.ChoiceField(choices=MailTemplate.Purpose.choices)
    language = forms.ChoiceField(choices=list(LANGUAGES.items()))
    subject = forms.CharField(max_length=ROOM["subject"])
    text = forms.CharField(max_length=ROOM["text"], widget=forms.Textarea(attrs={"rows": 8}))


class Facts(WebForm):
    """The template with a subject, text and HTML for each of these languages, as subject.en."""

    name = forms.CharField(max_length=80)
    purpose = forms.ChoiceField(choices=MailTemplate.Purpose.choices)
    language = forms.ChoiceField(choices=list(LANGUAGES.items()))
    occasion = forms.ChoiceField(required=False, choices=lambda: _records(Occasion, _("The one they registered for")))
    form = forms.ChoiceField(required=False, choices=lambda: _records(Form, _("None")))
    pool = forms.ChoiceField(required=False, choices=lambda: _records(TrialPool, _("None")))

    def __init__(self, codes: list[str], *given: Any, **known: Any) -> None:
        super().__init__(*given, **known)
        self.codes = codes
        names = [(part, code) for code in codes for part in PARTS]
        self.fields |= {f"{p}.{c}": forms.CharField(required=False, max_length=ROOM[p]) for p, c in names}

    def words(self) -> Any:
        return {code: {part: self.cleaned_data[f"{part}.{code}"] for part in PARTS} for code in self.codes}

    def facts(self) -> dict[str, Any]:
        read = {name: self.cleaned_data[name] for name in ("name", "purpose", "language")}
        for name, model in (("occasion", Occasion), ("form", Form), ("pool", TrialPool)):
            read[name] = cast(Any, model).objects.filter(public_id=self.cleaned_data[name]).first()
        return read | {"words": self.words()}


@page("organisation.edit", "GET", "POST")
def index(request: Request) -> HttpResponse:
    form = New(request.POST, initial={"purpose": "thank_you", "language": "en"})
    if request.method == "POST" and form.carried_out(lambda **read: _made(request, read)):
        return done(request, url(form.result), _("%(name)s made.") % {"name": form.result})
    found = list(MailTemplate.objects.visible_to(request.by).order_by("archived_at", "name"))
    context = {
        "form": form,
        "offered": [each for each in found if each.archived_at is None],
        "archived": [each for each in found if each.archived_at is not None],
        "languages": LANGUAGES,
        "placeholders": PLACEHOLDERS,
    }
    return show(request, "settings/mail_templates.html", context, status=form.status)


@page("organisation.edit", "GET", "POST")
def one(request: Request, public_id: str) -> HttpResponse:
    found, version = the_template(request, public_id), given_version(request)
    codes = _codes(request, found)
    form = Facts(codes, request.POST, initial=_known(found))
    if request.method == "POST" and form.carried_out(
        lambda **_read: verbs.edit_mail_template(request.by, found, version=version, **form.facts())
    ):
        return done(request, url(found), _("%(name)s saved.") % {"name": found})
    return _show(request, found, form)


@page("organisation.edit", "GET", "POST")
def preview(request: Request, public_id: str) -> HttpResponse:
    """What a lead would get: by what is typed, if anything was sent along, else by what is saved."""
    found = the_template(request, public_id)
    given = request.POST if request.method == "POST" else request.GET
    language = given.get("shown") or found.language
    words = {part: given.get(f"{part}.{language}", "") for part in PARTS} if request.method == "POST" else None
    lead = _lead(request, given.get("lead", ""))
    context: dict[str, Any] = {"lang": language, "direction": "rtl" if language in RIGHT_TO_LEFT else "ltr"}
    try:
        said = verbs.plain_words(words) if words else found.said(language)  # type: ignore[arg-type]
        letter = filled_for(found, lead, said, language)
        # cleaned by nh3 after the values were filled in
        # nosemgrep
        context |= {"letter": letter, "lead": lead, "html": Markup(letter.html)}  # noqa: S704
    except Invalid as wrong:
        context["wrong"] = wrong.text
    html = render_to_string("mail/preview.html", context)
    return HttpResponse(html, headers={"Content-Security-Policy": PREVIEW, "X-Frame-Options": "SAMEORIGIN"})


@page("organisation.edit", "POST")
def enclose(request: Request, public_id: str) -> HttpResponse:
    found, arrival = the_template(request, public_id), request.FILES.get("upload")
    try:
        if not isinstance(arrival, Arrival):
            raise Invalid({"upload": [_("Choose a file first.")]})
        made = verbs.enclose_file(request.by, found, upload=arrival.upload)
    except Invalid as wrong:
        form = Facts(_codes(request, found), initial=_known(found))
        return _show(request, found, form, wrong.text, wrong.status)
    return done(request, f"{url(found)}#files", _("%(name)s goes along.") % {"name": made.name})


@page("organisation.edit", "POST")
def remove(request: Request, public_id: str, file: str) -> HttpResponse:
    the_template(request, public_id)
    enclosure = cast(Enclosure, record_or_404(request, "enclosure", file))
    found = verbs.remove_enclosure(request.by, enclosure)
    return done(request, f"{url(found)}#files", _("%(name)s goes along no more.") % {"name": enclosure.name})


@page("organisation.edit", "POST")
def archive(request: Request, public_id: str) -> HttpResponse:
    found = verbs.archive_mail_template(request.by, the_template(request, public_id))
    return done(request, "/settings/mail-templates", _("%(name)s archived.") % {"name": found})


@page("organisation.edit", "POST")
def unarchive(request: Request, public_id: str) -> HttpResponse:
    found = verbs.unarchive_mail_template(request.by, the_template(request, public_id))
    return done(request, url(found), _("%(name)s is back.") % {"name": found})


def the_template(request: Request, public_id: str) -> MailTemplate:
    return cast(MailTemplate, record_or_404(request, "mail_template", public_id))


def url(template: MailTemplate) -> str:
    return f"/settings/mail-templates/{template.public_id}"


def _show(
    request: Request, found: MailTemplate, form: Facts, file_error: str = "", status: int | None = None
) -> HttpResponse:
    codes = form.codes
    context = {
        "found": found,
        "form": form,
        "at": url(found),
        "columns": [(code, LANGUAGES[code], "rtl" if code in RIGHT_TO_LEFT else "ltr") for code in codes],
        "more": [(code, name) for code, name in LANGUAGES.items() if code not in codes],
        "adding": ",".join(code for code in codes if code not in found.words),
        "placeholders": PLACEHOLDERS,
        "leads": [(each.public_id, str(each)) for each in _leads(request)],
        "shown": [(code, LANGUAGES[code]) for code in codes],
        "files": list(found.enclosures.filter(archived_at=None)),
        "file_error": file_error,
        "tall": TALL,
    }
    return render(request, "mail/template.html", context, status=status or form.status)


def _made(request: Request, read: dict[str, Any]) -> MailTemplate:
    words: Any = {read["language"]: {"subject": read.pop("subject"), "text": read.pop("text")}}
    return verbs.create_mail_template(request.by, words=words, **read)


def _codes(request: Request, found: MailTemplate) -> list[str]:
    """The languages it is written in, and those that are being added."""
    given = (request.POST.get("adding") or request.GET.get("add") or "").split(",")
    return found.languages + [code for code in LANGUAGES if code in given and code not in found.words]


def _known(found: MailTemplate) -> dict[str, Any]:
    links = {name: getattr(getattr(found, name), "public_id", "") for name in ("occasion", "form", "pool")}
    texts = {f"{part}.{code}": said.get(part, "") for code, said in found.words.items() for part in PARTS}
    return {"name": found.name, "purpose": found.purpose, "language": found.language} | links | texts


def _leads(request: Request) -> list[Lead]:
    """Real leads to look at it with, the latest first."""
    seen = Lead.objects.visible_to(request.by).filter(archived_at=None).exclude(email="")
    return list(seen.order_by("-created_at", "-id")[:LEADS])


def _lead(request: Request, public_id: str) -> Lead:
    """The lead that was chosen, else the latest one; one that does not exist stands in where there is none."""
    seen = Lead.objects.visible_to(request.by).select_related("owner")
    chosen = seen.filter(public_id=public_id).first() if public_id.isalnum() else None
    latest = seen.filter(archived_at=None).exclude(email="").order_by("-created_at", "-id")
    return chosen or latest.first() or Lead(name="Joanna Weir", company_name="Weir & Co", email="joanna@example.com")


def _records(model: Any, nothing: str) -> list[tuple[str, str]]:
    return [("", nothing), *((each.public_id, str(each)) for each in model.objects.live().order_by("-id")[:300])]
