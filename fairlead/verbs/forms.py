"""Forms: made, worded, put on the web and taken off it. Every change shows at once where a form is published."""

import re
import unicodedata
from typing import Any, Literal, Unpack

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.clash import check_version
from fairlead.core.errors import Invalid
from fairlead.core.objections import objections
from fairlead.core.verb import verb
from fairlead.models import Campaign, Endpoint, Form, MailTemplate, Occasion, Source, User
from fairlead.models.endpoint import new_address
from fairlead.models.form import TEXTS, Language, known_address
from fairlead.models.token import fingerprint
from fairlead.verbs.form_fields import ROOM, usual_fields
from fairlead.verbs.leads import LeadType

FormKind = Literal["contact", "trial", "event"]
LEADS: dict[str, LeadType] = {"contact": "inquiry", "trial": "trial", "event": "event"}
MOST_SECONDS = 60
AT_ENDPOINT = ("lead_type", "source", "campaign", "interest", "owner")


class FormFacts(TypedDict, total=False):
    title: str
    intro: str
    button: str
    consent: str
    consent_required: bool
    thanks: str
    redirect_to: str
    mail_subject: str
    mail_text: str
    template: MailTemplate | None
    occasion: Occasion | None
    double_opt_in: bool
    least_seconds: int
    origins: list[str]
    lead_type: LeadType
    source: Source | None
    campaign: Campaign | None
    interest: str
    owner: User | None


class FieldWords(TypedDict, total=False):
    """`choices`: the names of choices by their keys."""

    label: str
    hint: str
    choices: dict[str, str]


class FormWords(TypedDict, total=False):
    """The texts of a form in one language; `fields` by their keys. What is left out or empty is not translated."""

    title: str
    intro: str
    button: str
    consent: str
    thanks: str
    mail_subject: str
    mail_text: str
    fields: dict[str, FieldWords]


@verb("{by} made the form {name}", may="organisation.edit")
def create_form(
    by: Actor, *, name: str, kind: FormKind = "contact", language: Language = "en", **facts: Unpack[FormFacts]
) -> Form:
    """Make a form with the usual fields of its kind. Nobody sees it until it is published."""
    plain = _free(name)
    address = _unused_address(plain)
    about, more = _apart({"lead_type": LEADS[kind], **facts})
    endpoint = create(Endpoint, name=plain, kind="form", starts_with=address[:8], hashed=hash_of(address), **about)
    values = {"title": plain, "fields": usual_fields(kind, language)} | more
    return create(Form, name=plain, address=address, kind=kind, language=language, endpoint=endpoint, **values)


@verb("{by} edited the form {form}", may="organisation.edit")
def edit_form(
    by: Actor,
    form: Form,
    *,
    name: str | None = None,
    address: str | None = None,
    version: int | None = None,
    **facts: Unpack[FormFacts],
) -> Form:
    """Change the texts of a form, what its leads are, how it is confirmed, and which sites may show it."""
    about, values = _apart(dict(facts))
    if name is not None:
        values["name"] = about["name"] = _free(name, form)
    if address is not None and address != form.address:
        values["address"] = _address(address)
        about["hashed"] = hash_of(address)
    if not 0 <= values.get("least_seconds", 0) <= MOST_SECONDS:
        raise Invalid({"least_seconds": [_("Write 0 to %(most)s seconds.") % {"most": MOST_SECONDS}]})
    check_version(form, version, values)
    change(form.endpoint, **about)
    change(form, **values)
    form.demand_fit()
    return form


@verb("{by} put {form} into {language}", may="organisation.edit")
def translate_form(by: Actor, form: Form, *, language: Language, words: FormWords) -> Form:
    """Offer a form in a language, with its texts; these replace those that it had in it."""
    if language == form.language:
        raise Invalid({"language": [_("The form itself is in this language. Edit its texts instead.")]})
    change(form, translations=form.translations | {language: _plain_words(form, words)})
    return form


@verb("{by} took {language} from {form}", may="organisation.edit")
def drop_language(by: Actor, form: Form, *, language: Language) -> Form:
    """Offer a form in this language no more."""
    change(form, translations={each: words for each, words in form.translations.items() if each != language})
    return form


@verb("{by} published the form {form}", may="organisation.edit")
def publish_form(by: Actor, form: Form) -> Form:
    """Let everybody who knows its address, or comes to a page that shows it, see a form and fill it in."""
    if not form.is_published:
        change(form, published_at=clock.now())
        form.demand_fit()
    return form


@verb("{by} took the form {form} off the web", may="organisation.edit")
def unpublish_form(by: Actor, form: Form) -> Form:
    """Show a form to nobody. What was begun on a page that is open still arrives."""
    change(form, published_at=None)
    return form


def hash_of(address: str) -> str:
    """Where the answers to the form at this address arrive: no address under /in leads there."""
    return fingerprint(f"f/{address}")


def _apart(facts: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What stands at the endpoint, and what at the form."""
    about = {name: value for name, value in facts.items() if name in AT_ENDPOINT}
    return about, {name: value for name, value in facts.items() if name not in AT_ENDPOINT}


def _free(name: str, but: Form | None = None) -> str:
    plain = " ".join(name.split())
    others = Endpoint.objects.filter(name__iexact=plain).exclude(pk=but.endpoint_id if but else 0)
    if others.exists():
        raise Invalid({"name": [_("There is a form or an endpoint of this name already.")]})
    return plain


def _address(address: str) -> str:
    try:
        known_address(address)
    except ValidationError as error:
        raise Invalid({"address": objections(error)}) from None
    if Form.objects.filter(address=address).exists():
        raise Invalid({"address": [_("Another form has this address.")]})
    return address


def _unused_address(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:30].strip("-") or "form"
    taken = Form.objects.filter(address__startswith=plain).exists()
    return f"{plain}-{re.sub('[^a-z0-9]', '', new_address().lower())[:5]}" if taken else plain


def _plain_words(form: Form, words: FormWords) -> dict[str, Any]:
    """The texts that are not empty, checked as the form's own are."""
    texts: dict[str, Any] = {name: words[name].strip() for name in TEXTS if words.get(name)}  # type: ignore[literal-required]
    for name, text in texts.items():
        room = getattr(Form._meta.get_field(name), "max_length", None)
        if room and len(text) > room:
            raise Invalid({name: [_("There is room for %(most)s characters.") % {"most": room}]})
    given = {key: _field_words(each) for key, each in words.get("fields", {}).items() if form.field(key)}
    return {name: text for name, text in texts.items() if text} | {
        "fields": {key: each for key, each in given.items() if each}
    }


def _field_words(words: FieldWords) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "label": " ".join(words.get("label", "").split())[: ROOM["label"]],
        "hint": words.get("hint", "").strip()[: ROOM["hint"]],
        "choices": {key: " ".join(name.split())[:80] for key, name in words.get("choices", {}).items() if name.strip()},
    }
    return {name: each for name, each in plain.items() if each}
