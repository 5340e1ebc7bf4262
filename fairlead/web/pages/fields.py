"""Custom fields: made, edited, put in order and archived, noun by noun."""

from typing import Any, cast

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairlead.core.errors import BadRequest
from fairlead.core.record import nouns
from fairlead.models import CustomField
from fairlead.models.custom import LINKED, NOUNS
from fairlead.models.custom_index import states
from fairlead.models.place import known_currency
from fairlead.verbs import custom
from fairlead.web.forms import Form
from fairlead.web.page import Request, done, page, record_or_404
from fairlead.web.pages.settings import show
from fairlead.web.pages.teams import given_version

CLASSES = [
    ("normal", gettext_lazy("Everybody who sees the record")),
    ("money", gettext_lazy("Those who see amounts of money")),
    ("private", gettext_lazy("Those who see ways to be reached")),
]
LINES = forms.Textarea(attrs={"rows": 5})


class NewField(Form):
    name = forms.CharField(max_length=80)
    kind = forms.ChoiceField(choices=CustomField.Kind.choices)
    choices_text = forms.CharField(required=False, max_length=20_000, widget=LINES)
    links_to = forms.ChoiceField(required=False, choices=lambda: [(noun, noun_in_words(noun)) for noun in LINKED])
    currency = forms.CharField(required=False, max_length=3, validators=[known_currency])
    key = forms.CharField(required=False, max_length=40)
    hint = forms.CharField(required=False, max_length=200)
    field_class = forms.ChoiceField(choices=CLASSES)
    filterable = forms.BooleanField(required=False)


class EditField(Form):
    name = forms.CharField(max_length=80)
    hint = forms.CharField(required=False, max_length=200)
    field_class = forms.ChoiceField(choices=CLASSES)
    filterable = forms.BooleanField(required=False)


@page("organisation.edit", "GET", "POST")
def index(request: Request) -> HttpResponse:
    """The fields of one noun in their order, and a form to add one."""
    noun = request.GET.get("of", "person")
    if noun not in NOUNS:
        raise BadRequest(_("There are custom fields of people, companies, leads, opportunities and tasks."))
    form = NewField(request.POST, initial={"field_class": "normal", "filterable": True})
    if request.method == "POST" and form.carried_out(lambda **facts: _new(request, noun, **facts)):
        return done(request, _url(noun), _("%(field)s added.") % {"field": form.result.name})
    found = list(CustomField.objects.filter(of_noun=noun))
    live = [field for field in found if field.is_live]
    known = states(live)
    context = {
        "form": form,
        "of": noun,
        "tabs": [{"label": noun_in_words(each), "url": _url(each), "current": each == noun} for each in NOUNS],
        "live": [(field, known[field.pk]) for field in live],
        "archived": [field for field in found if not field.is_live],
        "moved": request.GET.get("moved", ""),
    }
    return show(request, "settings/fields.html", context, status=form.status)


@page("organisation.edit", "GET", "POST")
def one(request: Request, public_id: str) -> HttpResponse:
    field = _field(request, public_id)
    values = {name: getattr(field, name) for name in EditField.base_fields}
    form = EditField(request.POST, initial=values)
    given = _choices(request) if request.method == "POST" else [(each["key"], each["name"]) for each in _offered(field)]
    if request.method == "POST" and form.carried_out(lambda **facts: _edit(request, field, given, **facts)):
        return done(request, _url(field.of_noun), _("%(field)s saved.") % {"field": field.name})
    context: dict[str, Any] = {
        "form": form,
        "field": field,
        "choices": given,
        "is_chosen": field.kind in {"choice", "choices"},
        "back": _url(field.of_noun),
        "of": noun_in_words(field.of_noun),
        "index": states([field])[field.pk],
    }
    return show(request, "settings/field.html", context, status=form.status)


@page("organisation.edit", "POST")
def move(request: Request, public_id: str) -> HttpResponse:
    """One place up or down."""
    field = _field(request, public_id)
    live = list(CustomField.objects.live().filter(of_noun=field.of_noun))
    at = next((number for number, each in enumerate(live) if each.pk == field.pk), 0)
    place = at - 1 if request.POST.get("way") == "up" else at + 2
    if place >= 0:
        custom.move_field(request.by, field, before=live[place] if place < len(live) else None)
    way = "up" if request.POST.get("way") == "up" else "down"
    return done(
        request, f"{_url(field.of_noun)}&moved={field.public_id}-{way}", _("%(field)s moved.") % {"field": field}
    )


@page("organisation.edit", "POST")
def archive(request: Request, public_id: str) -> HttpResponse:
    field = custom.archive_field(request.by, _field(request, public_id))
    return done(request, _url(field.of_noun), _("%(field)s archived. Its values stay.") % {"field": field})


@page("organisation.edit", "POST")
def unarchive(request: Request, public_id: str) -> HttpResponse:
    field = custom.unarchive_field(request.by, _field(request, public_id))
    return done(request, _url(field.of_noun), _("%(field)s is back.") % {"field": field})


@page("organisation.edit", "POST")
def build(request: Request, public_id: str) -> HttpResponse:
    field = custom.index_field(request.by, _field(request, public_id))
    return done(request, _url(field.of_noun), _("The index of %(field)s will be built.") % {"field": field})


def noun_in_words(noun: str) -> str:
    words = str(nouns()[noun]._meta.verbose_name_plural)
    return words[:1].upper() + words[1:]


def _new(request: Request, noun: str, *, choices_text: str, **facts: Any) -> CustomField:
    lines = [line.strip() for line in choices_text.splitlines() if line.strip()]
    links_to = facts.pop("links_to") if facts["kind"] == "link" else None
    facts.pop("links_to", None)
    return custom.create_field(request.by, noun=cast(Any, noun), choices=lines, links_to=cast(Any, links_to), **facts)


def _edit(request: Request, field: CustomField, choices: list[tuple[str, str]], **facts: Any) -> CustomField:
    given: list[custom.Choice] = [
        {"key": key, "name": name} if key else {"name": name} for key, name in choices if name
    ]
    more: Any = {"choices": given} if field.kind in {"choice", "choices"} else {}
    return custom.edit_field(request.by, field, version=given_version(request), **facts, **more)


def _choices(request: Request) -> list[tuple[str, str]]:
    """The choices as the form sent them: a key (none for a new one) and a name each; several new ones as lines."""
    keys, names = request.POST.getlist("choice_key"), request.POST.getlist("choice_name")
    new = [("", line.strip()) for line in request.POST.get("new_choices", "").splitlines() if line.strip()]
    return [*((key, name.strip()) for key, name in zip(keys, names, strict=False)), *new]


def _offered(field: CustomField) -> list[dict[str, Any]]:
    return [each for each in field.choices if not each.get("gone")]


def _field(request: Request, public_id: str) -> CustomField:
    return cast(CustomField, record_or_404(request, "field", public_id))


def _url(noun: str) -> str:
    return f"/settings/fields?of={noun}"
