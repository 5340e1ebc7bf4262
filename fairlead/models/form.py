"""Form: a page of ours on which visitors ask, start a trial or register, in their own language."""

import re
from typing import Any, Literal
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fairlead.core.errors import WrongState
from fairlead.core.record import Record

FieldKind = Literal["text", "email", "phone", "long", "choice", "choices", "yes_no", "date", "hidden"]
FIELD_KINDS: dict[str, Any] = {
    "text": _("Text"),
    "email": _("E-mail"),
    "phone": _("Phone"),
    "long": _("Long text"),
    "choice": _("Choice"),
    "choices": _("Several choices"),
    "yes_no": _("Yes or no"),
    "date": _("Date"),
    "hidden": _("Hidden"),
}
# What an answer can become, besides a custom field of leads (custom.KEY).
BECOMES = (
    "name", "first_name", "last_name", "email", "phone", "company_name", "title", "website", "street", "city", "region",
    "postal_code", "country", "interest", "message", "source", "campaign", "origin", "extra",
)  # fmt: skip
# The texts of a form that each of its languages has, besides those of its fields.
TEXTS = ("title", "intro", "button", "consent", "thanks", "mail_subject", "mail_text")
LANGUAGES = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "it": "Italiano",
    "ar": "العربية",
}
Language = Literal["en", "de", "fr", "es", "it", "ar"]
RIGHT_TO_LEFT = frozenset({"ar"})
ADDRESS = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
ORIGIN = re.compile(r"https?://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?")


def known_address(address: str) -> None:
    if not ADDRESS.fullmatch(address):
        raise ValidationError(gettext("An address has small letters, digits and -, like contact-us."))


def known_origins(origins: Any) -> None:
    """Refuse what is not a list of origins."""
    if not isinstance(origins, list) or len(origins) > 50:
        raise ValidationError(gettext("Write up to 50 sites, one on each line."))
    if not all(isinstance(each, str) and ORIGIN.fullmatch(each) for each in origins):
        raise ValidationError(gettext("Write sites like https://www.example.com, one on each line."))


def web_address(address: str) -> None:
    parts = urlsplit(address)
    plain = address.isprintable() and not re.search(r"[\s\\;,]", address)
    if not plain or parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise ValidationError(gettext("Write a whole address, like https://www.example.com/thank-you."))


class Form(Record):
    """`fields` are {"key", "kind", "label", "hint", "required", "becomes", "choices", "value"} in their order.

    The texts stand in `language`; `translations` are {language: {a text: words, "fields": {key: {"label", "hint",
    "choices"}}}}, and what is not translated shows in `language`. What its leads are stands at its endpoint.
    `origins`: the sites that may show it in a frame. `least_seconds`: who is quicker is no person.
    """

    class Kind(models.TextChoices):
        CONTACT = "contact", _("Contact")
        TRIAL = "trial", _("Free trial")
        EVENT = "event", _("Event registration")

    access_as = "organisation"

    name = models.CharField(_("name"), max_length=80, unique=True)
    address = models.CharField(_("address"), max_length=40, unique=True, validators=[known_address])
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    endpoint = models.OneToOneField("Endpoint", on_delete=models.PROTECT, related_name="form")
    occasion = models.ForeignKey(
        "Occasion", null=True, blank=True, on_delete=models.PROTECT, related_name="forms", verbose_name=_("event")
    )
    fields = models.JSONField(_("fields"), default=list, blank=True)
    language = models.CharField(_("language"), max_length=2, choices=list(LANGUAGES.items()), default="en")
    translations = models.JSONField(_("translations"), default=dict, blank=True)
    title = models.CharField(_("title"), max_length=120)
    intro = models.TextField(_("introduction"), blank=True, max_length=2000)
    button = models.CharField(_("button"), max_length=60, blank=True)
    consent = models.TextField(_("consent"), blank=True, max_length=1000)
    consent_required = models.BooleanField(_("consent is needed"), default=False)
    thanks = models.TextField(_("thank-you text"), blank=True, max_length=2000)
    redirect_to = models.CharField(_("page after it"), max_length=500, blank=True, validators=[web_address])
    mail_subject = models.CharField(_("subject of the mail"), max_length=150, blank=True)
    mail_text = models.TextField(_("text of the mail"), blank=True, max_length=5000)
    # What it answers with, instead of the subject and text of its own.
    template = models.ForeignKey(
        "MailTemplate", null=True, blank=True, on_delete=models.PROTECT, related_name="forms", verbose_name=_("answer")
    )
    double_opt_in = models.BooleanField(_("confirmed by mail"), default=False)
    least_seconds = models.PositiveSmallIntegerField(_("least seconds"), default=2)
    origins = models.JSONField(_("sites that may show it"), default=list, blank=True, validators=[known_origins])
    published_at = models.DateTimeField(_("published"), null=True, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name, verbose_name_plural = _("form"), _("forms")

    def __str__(self) -> str:
        return self.name

    @property
    def is_published(self) -> bool:
        return self.published_at is not None

    @property
    def languages(self) -> list[str]:
        return [self.language, *(each for each in self.translations if each != self.language)]

    def field(self, key: str) -> dict[str, Any] | None:
        return next((each for each in self.fields if each["key"] == key), None)

    def words(self, name: str, language: str) -> str:
        """One of its texts in a language, or as it stands in its own."""
        return str(self.translations.get(language, {}).get(name) or getattr(self, name))

    def asks_for(self, *targets: str) -> bool:
        """Does an answer that must be given become one of these?"""
        return any(each["becomes"] in targets and each["kind"] != "hidden" for each in self.fields)

    def demand_fit(self) -> None:
        """Refuse to be published without what is needed to answer those who fill it in."""
        if not self.is_published:
            return
        mail = self.asks_for("email")
        if not mail and not self.asks_for("phone"):
            text = gettext(
                "Nobody can be reached by it. Add a field that becomes e-mail or phone. Nothing was changed."
            )
            raise WrongState(text)
        if not mail and (self.double_opt_in or self.kind == self.Kind.EVENT):
            raise WrongState(gettext("It answers by mail. Add a field that becomes e-mail. Nothing was changed."))
        if self.kind == self.Kind.EVENT and self.occasion is None:
            raise WrongState(gettext("Say which event it is for. Nothing was changed."))

    @classmethod
    def behind(cls, endpoint_id: int) -> "Form | None":
        """The form whose answers arrive at this endpoint."""
        return cls.objects.select_related("occasion", "endpoint").filter(endpoint_id=endpoint_id).first()
