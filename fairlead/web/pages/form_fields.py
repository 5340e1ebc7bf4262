"""One field of a form, and one language of it."""

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from fairlead.models import Form
from fairlead.models.form import LANGUAGES, TEXTS
from fairlead.verbs import form_fields as verbs
from fairlead.verbs.forms import FieldWords, FormWords, drop_language, translate_form
from fairlead.web.forms import Form as WebForm
from fairlead.web.page import Request, done, page, render
from fairlead.web.pages.forms import LINES, becomes, the_form, url

LONG = frozenset({"intro", "consent", "thanks", "mail_text"})


class EditField(WebForm):
    label = forms.CharField(max_length=200)
    hint = forms.CharField(required=False, max_length=500)
    becomes = forms.ChoiceField(choices=lambda: becomes()[1:])
    choices_text = forms.CharField(required=False, max_length=10_000, widget=LINES)
    preset = forms.CharField(required=False, max_length=500)
    required = forms.BooleanField(required=False)


@page("organisation.edit", "GET", "POST")
def one(request: Request, public_id: str, key: str) -> HttpResponse:
    found = the_form(request, public_id)
    field = _field(found, key)
    lines = "\n".join(each["name"] for each in field["choices"])
    form = EditField(request.POST, initial={**field, "choices_text": lines, "preset": field["value"]})
    if request.method == "POST" and form.carried_out(lambda **read: _edited(request, found, field, **read)):
        return done(request, f"{url(found)}#fields", _("“%(label)s” saved.") % {"label": form.cleaned_data["label"]})
    context = {"found": found, "field": field, "form": form, "at": url(found)}
    return render(request, "builder/field.html", context, status=form.status)


@page("organisation.edit", "POST")
def move(request: Request, public_id: str, key: str) -> HttpResponse:
    """One place up or down, or, as after dragging, before another one."""
    found = the_form(request, public_id)
    keys = [each["key"] for each in found.fields]
    at, way = keys.index(_field(found, key)["key"]), request.POST.get("way", "")
    if way == "up" and at > 0:
        verbs.move_form_field(request.by, found, key=key, before=keys[at - 1])
    elif way == "down" and at + 1 < len(keys):
        verbs.move_form_field(request.by, found, key=key, before=keys[at + 2] if at + 2 < len(keys) else "")
    elif way == "":
        verbs.move_form_field(request.by, found, key=key, before=request.POST.get("before", ""))
    moved = f"{key}-{'up' if way == 'up' else 'down'}"
    return done(request, f"{url(found)}?moved={moved}#fields", _("“%(label)s” moved.") % _field(found, key))


@page("organisation.edit", "POST")
def remove(request: Request, public_id: str, key: str) -> HttpResponse:
    found = the_form(request, public_id)
    field = _field(found, key)
    verbs.remove_form_field(request.by, found, key=key)
    return done(request, f"{url(found)}#fields", _("“%(label)s” taken away.") % field)


@page("organisation.edit", "GET", "POST")
def language(request: Request, public_id: str, code: str) -> HttpResponse:
    """The texts of a form in another language, each beside what it says in its own."""
    found = the_form(request, public_id)
    if code not in LANGUAGES or code == found.language:
        raise Http404
    if request.method == "POST":
        words = _words(request, found)
        translate_form(request.by, found, language=code, words=words)  # type: ignore[arg-type]
        return done(request, f"{url(found)}#languages", _("%(form)s saved.") % {"form": found})
    context = {
        "found": found,
        "at": url(found),
        "code": code,
        "name": LANGUAGES[code],
        "own_name": LANGUAGES[found.language],
        "texts": [_text(found, name, code) for name in TEXTS if getattr(found, name)],
        "fields": [_translated(each, found.translations.get(code, {}).get("fields", {})) for each in found.fields],
    }
    return render(request, "builder/language.html", context)


@page("organisation.edit", "POST")
def drop(request: Request, public_id: str, code: str) -> HttpResponse:
    found = the_form(request, public_id)
    drop_language(request.by, found, language=code)  # type: ignore[arg-type]
    return done(request, f"{url(found)}#languages", _("%(form)s saved.") % {"form": found})


def _field(found: Form, key: str) -> dict[str, Any]:
    field = found.field(key)
    if field is None:
        raise Http404
    return field


def _edited(request: Request, found: Form, field: dict[str, Any], choices_text: str, preset: str, **read: Any) -> Form:
    lines = [line.strip() for line in choices_text.splitlines() if line.strip()]
    chosen = field["kind"] in {"choice", "choices"}
    choices: list[verbs.ChoiceOf] | None = [{"name": line} for line in lines] if chosen else None
    return verbs.edit_form_field(request.by, found, key=field["key"], choices=choices, value=preset, **read)


def _text(found: Form, name: str, code: str) -> dict[str, Any]:
    label = str(Form._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    said = found.translations.get(code, {}).get(name, "")
    kind = "textarea" if name in LONG else "text"
    return {
        "name": name,
        "label": label[:1].upper() + label[1:],
        "own": getattr(found, name),
        "said": said,
        "kind": kind,
    }


def _translated(field: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    own = known.get(field["key"], {})
    choices = [{**each, "said": own.get("choices", {}).get(each["key"], "")} for each in field["choices"]]
    return {**field, "said": own, "choices": choices}


def _words(request: Request, found: Form) -> FormWords:
    """The texts as the page sent them: title, label.KEY, hint.KEY, choice.KEY.CHOICE."""
    given, words = request.POST, FormWords()
    for name in TEXTS:
        words[name] = given.get(name, "")  # type: ignore[literal-required]
    words["fields"] = {each["key"]: _field_words(given, each) for each in found.fields}
    return words


def _field_words(given: Any, field: dict[str, Any]) -> FieldWords:
    key = field["key"]
    choices = {each["key"]: given.get(f"choice.{key}.{each['key']}", "") for each in field["choices"]}
    return {"label": given.get(f"label.{key}", ""), "hint": given.get(f"hint.{key}", ""), "choices": choices}
