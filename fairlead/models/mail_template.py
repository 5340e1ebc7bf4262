"""Mail templates: what Fairlead answers by itself, in several languages, with what goes along."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fairlead.core.record import Link, Record
from fairlead.models.form import LANGUAGES
from fairlead.models.placeholders import objection, used

# What a template can name, with what stands there.
PLACEHOLDERS: dict[str, Any] = {
    "name": _("the name as it was given"),
    "first_name": _("the first name"),
    "company": _("the company"),
    "interest": _("the product of interest"),
    "owner_name": _("who looks after it"),
    "owner_mail": _("their mail address"),
    "our_name": _("the name of your organisation"),
    "event_title": _("the event"),
    "event_when": _("when it takes place"),
    "event_place": _("where it takes place"),
    "event_link": _("its link, for those who have a place"),
    "trial_access": _("the code, link or login for the trial"),
    "form_link": _("a personal link to the form"),
}
# Addresses that may stand in a link of the HTML part.
LINKS = frozenset({"event_link", "trial_access", "form_link", "owner_mail"})
PARTS = ("subject", "text", "html")
ROOM = {"subject": 150, "text": 20_000, "html": 100_000}


def in_languages(words: Any) -> None:
    """Refuse what is not {language: {"subject", "text", "html"}} with placeholders that exist."""
    if not isinstance(words, dict) or not set(words) <= set(LANGUAGES):
        raise ValidationError(gettext("Write the mail in languages that Fairlead knows."))
    for said in words.values():
        if not isinstance(said, dict) or not set(said) <= set(PARTS):
            raise ValidationError(gettext("A mail has a subject, a text and, if you wish, HTML."))
        for text in said.values():
            if wrong := objection(str(text), PLACEHOLDERS):
                raise ValidationError(wrong)


class MailTemplate(Record):
    """`words` is {language: {"subject", "text", "html"}}; who speaks none of these gets it in `language`.

    `occasion`: the event it tells of, if not the one that the lead registered for. `form`: where {{form_link}} leads.
    `pool`: where {{trial_access}} comes from.
    """

    class Purpose(models.TextChoices):
        THANK_YOU = "thank_you", _("Thank-you")
        TRIAL = "trial", _("Trial and login")
        EVENT = "event", _("Event details")
        MATERIALS = "materials", _("Materials")
        REPLY = "reply", _("Reply")

    access_as = "organisation"
    many = "mail-templates"

    name = models.CharField(_("name"), max_length=80)
    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose.choices, default=Purpose.THANK_YOU)
    language = models.CharField(_("language"), max_length=2, choices=list(LANGUAGES.items()), default="en")
    words = models.JSONField(_("texts"), default=dict, validators=[in_languages])
    occasion = models.ForeignKey(
        "Occasion", null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("event")
    )
    form = models.ForeignKey(
        "Form", null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("form")
    )
    pool = models.ForeignKey(
        "TrialPool", null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("trial access")
    )

    class Meta:
        ordering = ["name"]
        verbose_name, verbose_name_plural = _("mail template"), _("mail templates")
        constraints = [
            models.UniqueConstraint(fields=["name"], condition=Q(archived_at=None), name="one_template_of_a_name")
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def noun(cls) -> str:
        return "mail_template"

    @property
    def languages(self) -> list[str]:
        """Those it is written in, its own first."""
        return sorted(self.words, key=lambda code: (code != self.language, list(LANGUAGES).index(code)))

    def language_for(self, wanted: str) -> str:
        """The language to answer in: de-at as it is, else de, else its own."""
        plain = wanted.lower().replace("_", "-")
        return next((each for each in (plain, plain.partition("-")[0]) if each in self.words), self.language)

    def said(self, language: str) -> Mapping[str, str]:
        words: Mapping[str, str] = self.words.get(self.language_for(language), {})
        return {part: words.get(part, "") for part in PARTS}

    @property
    def placeholders(self) -> set[str]:
        """Those that it uses in any language."""
        return {name for said in self.words.values() for text in said.values() for name in used(text)}


class Enclosure(Record):
    """A file that goes along with a template, stored under a random name outside the web root; `size` in bytes."""

    access_as = "organisation"
    api_hidden = frozenset({"stored_as"})

    template = models.ForeignKey(
        MailTemplate, on_delete=models.PROTECT, related_name="enclosures", verbose_name=_("mail template")
    )
    name = models.CharField(_("name"), max_length=255)
    media_type = models.CharField(max_length=100)
    size = models.BigIntegerField(_("size"))
    sha256 = models.CharField(max_length=64)
    stored_as = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["id"]
        verbose_name, verbose_name_plural = _("enclosure"), _("enclosures")

    def __str__(self) -> str:
        return self.name

    def timelines(self) -> list[Link]:
        return [("enclosure", self.pk), ("mail_template", self.template_id)]


class TrialPool(Record):
    """Where access to a trial comes from: codes or links that were put in, or a web service that makes one.

    `address` and `signing_key` (sealed) are those of the service; it is asked once for a lead.
    """

    access_as = "organisation"
    api_hidden = frozenset({"signing_key"})
    many = "trial-pools"

    name = models.CharField(_("name"), max_length=80, unique=True)
    address = models.CharField(_("address of the service"), max_length=500, blank=True)
    signing_key = models.TextField(blank=True)
    warn_below = models.PositiveIntegerField(_("warn below"), default=10)

    class Meta:
        ordering = ["name"]
        verbose_name, verbose_name_plural = _("trial access"), _("trial access")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def noun(cls) -> str:
        return "trial_pool"

    @property
    def left(self) -> int:
        """How many codes nobody has yet."""
        return self.codes.filter(lead=None, archived_at=None).count()


class TrialCode(Record):
    """A code, link or login for a trial; once given it is that lead's for good, and a lead has one of a pool."""

    access_as = "organisation"
    api_hidden = frozenset({"code"})
    many = "trial-codes"

    pool = models.ForeignKey(TrialPool, on_delete=models.PROTECT, related_name="codes", verbose_name=_("trial access"))
    code = models.CharField(_("code"), max_length=1000)
    lead = models.ForeignKey(
        "Lead", null=True, blank=True, on_delete=models.PROTECT, related_name="trial_codes", verbose_name=_("lead")
    )
    given_at = models.DateTimeField(_("given"), null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("trial code"), _("trial codes")
        constraints = [
            models.UniqueConstraint(fields=["pool", "code"], name="one_code_in_a_pool"),
            models.UniqueConstraint(fields=["pool", "lead"], name="one_code_for_a_lead"),
        ]
        indexes = [models.Index(fields=["pool", "id"], name="trial_code_free", condition=Q(lead=None))]

    def __str__(self) -> str:
        return f"{self.pool.name} {self.pk}"

    @classmethod
    def noun(cls) -> str:
        return "trial_code"
