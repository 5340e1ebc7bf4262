"""Mail templates: written in several languages, with files that go along."""

from typing import Any, Literal, Unpack

from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.clash import check_version
from fairlead.core.errors import Invalid, WrongState
from fairlead.core.upload import Upload
from fairlead.core.verb import verb
from fairlead.models import Enclosure, Form, MailTemplate, Occasion, TrialPool
from fairlead.models.form import LANGUAGES, Language
from fairlead.models.mail_template import LINKS, PARTS, PLACEHOLDERS, ROOM
from fairlead.models.placeholders import MARK, objection, used
from fairlead.reading.mail_html import cleaned, inlined
from fairlead.verbs.naming import free_name

Purpose = Literal["thank_you", "trial", "event", "materials", "reply"]
HEAVIEST = 8 * 1024 * 1024  # bytes of all that goes along: more is refused by many mail servers


class MailWords(TypedDict, total=False):
    """A mail in one language; `html` beside the text, for those who read it like that."""

    subject: str
    text: str
    html: str


class InLanguages(TypedDict, total=False):
    en: MailWords
    de: MailWords
    fr: MailWords
    es: MailWords
    it: MailWords
    ar: MailWords


class TemplateFacts(TypedDict, total=False):
    purpose: Purpose
    language: Language
    occasion: Occasion | None
    form: Form | None
    pool: TrialPool | None


@verb("{by} made the mail template {it}", may="organisation.edit")
def create_mail_template(by: Actor, *, name: str, words: InLanguages, **facts: Unpack[TemplateFacts]) -> MailTemplate:
    """Write a mail that rules and forms answer with. A language of `words` that says nothing is left out."""
    values = {"language": "en", **facts}
    values["words"] = _plain(words, str(values["language"]))
    return _fit(create(MailTemplate, name=free_name(name, MailTemplate.objects.live()), **values))


@verb("{by} edited the mail template {mail_template}", may="organisation.edit")
def edit_mail_template(
    by: Actor,
    mail_template: MailTemplate,
    *,
    name: str | None = None,
    words: InLanguages | None = None,
    version: int | None = None,
    **facts: Unpack[TemplateFacts],
) -> MailTemplate:
    """Change a mail template. Languages that `words` names replace what was written in them; an empty one goes."""
    values: dict[str, Any] = dict(facts)
    language = str(values.get("language", mail_template.language))
    if name is not None:
        values["name"] = free_name(name, MailTemplate.objects.live(), mail_template)
    if words is not None or "language" in values:
        values["words"] = _plain({**mail_template.words, **(words or {})}, language)
    check_version(mail_template, version, values)
    change(mail_template, **values)
    return _fit(mail_template)


@verb("{by} archived the mail template {mail_template}", may="organisation.edit")
def archive_mail_template(by: Actor, mail_template: MailTemplate) -> MailTemplate:
    """Answer with this template no more; what it has answered stays."""
    if mail_template.archived_at is None:
        change(mail_template, archived_at=clock.now())
    return mail_template


@verb("{by} brought the mail template {mail_template} back", may="organisation.edit")
def unarchive_mail_template(by: Actor, mail_template: MailTemplate) -> MailTemplate:
    """Offer an archived mail template again."""
    if mail_template.archived_at is not None:
        free_name(mail_template.name, MailTemplate.objects.live(), mail_template)
        change(mail_template, archived_at=None)
    return mail_template


@verb("{by} enclosed {it} in {mail_template}", may="organisation.edit")
def enclose_file(by: Actor, mail_template: MailTemplate, *, upload: Upload) -> Enclosure:
    """Let a file go along with a mail template; all of them together weigh at most 8 MB."""
    weight = sum(mail_template.enclosures.filter(archived_at=None).values_list("size", flat=True))
    if weight + upload.size > HEAVIEST:
        text = _(
            "Together the files weigh more than %(most)s MB, which many mail servers refuse. Offer a link instead."
        )
        raise Invalid({"upload": [text % {"most": HEAVIEST // 2**20}]})
    facts = {"media_type": upload.media_type, "size": upload.size, "sha256": upload.sha256}
    return create(Enclosure, template=mail_template, name=upload.name, stored_as=upload.keep(), **facts)


@verb("{by} took {enclosure} out of a mail template", may="organisation.edit")
def remove_enclosure(by: Actor, enclosure: Enclosure) -> MailTemplate:
    """Let a file go along no more."""
    if enclosure.archived_at is None:
        change(enclosure, archived_at=clock.now())
    template: MailTemplate = enclosure.template
    return template


def plain_words(said: MailWords) -> dict[str, str]:
    """What was written in one language, as it is kept: a subject of one line, and HTML that mail programs show."""
    given: dict[str, str] = {name: str(said.get(name, "")).strip() for name in PARTS}
    given["subject"] = " ".join(given["subject"].split())
    given["text"] = given["text"].replace("\r\n", "\n")
    for name, text in given.items():
        if wrong := objection(text, PLACEHOLDERS):
            raise Invalid({name: [wrong]})
        if len(text) > ROOM[name]:
            raise Invalid({name: [_("There is room for %(most)s characters.") % {"most": ROOM[name]}]})
    given["html"] = cleaned(inlined(given["html"]))
    _demand_safe_links(given["html"])
    return given


def _plain(words: InLanguages, own: str) -> dict[str, dict[str, str]]:
    """The texts by language, those that say anything; a language needs a subject and a text."""
    found: dict[str, dict[str, str]] = {}
    for language, said in words.items():
        try:
            plain = plain_words(said)  # type: ignore[arg-type]
        except Invalid as wrong:
            raise Invalid({**wrong.errors, **_in(language, wrong.errors)}) from None
        lacking = [name for name in ("subject", "text") if not plain[name]]
        if len(lacking) == 2 and not plain["html"]:
            continue
        if lacking:
            text = _("A mail needs a subject and a text: not everybody sees HTML.")
            raise Invalid({lacking[0]: [text], **_in(language, {lacking[0]: [text]})})
        found[language] = plain
    if own not in found:
        text = _("Write it in %(language)s: that is what everybody else gets.") % {"language": LANGUAGES[own]}
        raise Invalid({"words": [text], **_in(own, {"subject": [text]})})
    return found


def _in(language: str, errors: dict[str, list[str]]) -> dict[str, list[str]]:
    """The same errors by the names that pages with several languages have for their fields."""
    return {f"{name}.{language}": texts for name, texts in errors.items()}


def _demand_safe_links(html: str) -> None:
    """What a visitor wrote is never an address that others are led to."""
    for found in MARK.finditer(html):
        before = html[: found.start()]
        if before.rfind("<") > before.rfind(">") and used(found[0]) - LINKS:
            text = _("%(placeholder)s cannot stand in an address. These can: %(can)s.")
            can = ", ".join(f"{{{{{name}}}}}" for name in sorted(LINKS))
            raise Invalid({"html": [text % {"placeholder": found[0], "can": can}]})


def _fit(template: MailTemplate) -> MailTemplate:
    """Refuse placeholders for which nothing can ever stand."""
    named = template.placeholders
    if "form_link" in named and template.form is None:
        raise WrongState(_("{{form_link}} needs a form. Choose one. Nothing was changed."))
    if "trial_access" in named and template.pool is None:
        raise WrongState(_("{{trial_access}} needs a trial access. Choose one. Nothing was changed."))
    return template
