"""Endpoint: an address at which inquiries arrive, and what becomes of them."""

import re
import secrets
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fairlead.core.record import Record
from fairlead.core.sealed import unseal
from fairlead.models.lead import Lead
from fairlead.models.token import fingerprint

# What a field of an arrival can become: a fact of the lead, data on where it came from, an extra, or a trap for robots.
TARGETS = (
    "name", "first_name", "last_name", "email", "phone", "company_name", "title", "website", "street", "city", "region",
    "postal_code", "country", "interest", "message", "source", "campaign", "origin", "extra", "trap",
)  # fmt: skip
Kind = Literal[
    "plain", "salesforce", "typeform", "hubspot", "google", "cf7", "jotform", "wufoo", "formstack", "meta", "calls"
]  # fmt: skip
HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+|localhost(:\d+)?")


def known_targets(mapping: Any) -> None:
    """Refuse a mapping that is not {name of a field: target}."""
    if not isinstance(mapping, dict) or not all(isinstance(name, str) and len(name) <= 200 for name in mapping):
        raise ValidationError(gettext("Write a mapping as names of fields with what they become."))
    if unknown := sorted({str(target) for target in mapping.values()} - set(TARGETS)):
        text = gettext("A field cannot become “%(target)s”. It can become: %(known)s.")
        raise ValidationError(text % {"target": unknown[0][:40], "known": ", ".join(TARGETS)})


def hosts(names: Any) -> None:
    """Refuse what is not a list of host names."""
    if not isinstance(names, list) or not all(isinstance(name, str) and HOST.fullmatch(name) for name in names):
        raise ValidationError(gettext("Write host names like www.example.com, one on each line."))


class Endpoint(Record):
    """`kind` says who posts here, and so how it signs. `mapping` is {name of a field: target}, beside what is guessed.

    The address is kept as a hash alone, the key that signs arrivals sealed. `return_hosts`: where a visitor may be sent
    on to after a form.
    """

    class Kind(models.TextChoices):
        PLAIN = "plain", _("Any form or program")
        SALESFORCE = "salesforce", _("Salesforce Web-to-Lead form")
        TYPEFORM = "typeform", "Typeform"
        HUBSPOT = "hubspot", "HubSpot"
        GOOGLE = "google", "Google Ads"
        CF7 = "cf7", "Contact Form 7"
        JOTFORM = "jotform", "Jotform"
        WUFOO = "wufoo", "Wufoo"
        FORMSTACK = "formstack", "Formstack"
        META = "meta", _("Meta lead ads")
        CALLS = "calls", _("Telephone system")
        FORM = "form", _("Form of ours")

    access_as = "organisation"
    api_hidden = frozenset({"hashed", "signing_key"})

    name = models.CharField(_("name"), max_length=80, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.PLAIN)
    starts_with = models.CharField(_("address begins"), max_length=8)
    hashed = models.CharField(max_length=64, unique=True)
    signing_key = models.TextField(blank=True)
    lead_type = models.CharField(_("lead type"), max_length=12, choices=Lead.Type.choices, default=Lead.Type.INQUIRY)
    source = models.ForeignKey(
        "Source", null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("source")
    )
    campaign = models.ForeignKey(
        "Campaign", null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("campaign")
    )
    interest = models.CharField(_("interest"), max_length=200, blank=True)
    owner = models.ForeignKey(
        "User", null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("owner")
    )
    mapping = models.JSONField(_("mapping"), default=dict, blank=True, validators=[known_targets])
    return_hosts = models.JSONField(_("return hosts"), default=list, blank=True, validators=[hosts])

    class Meta:
        ordering = ["name"]
        verbose_name, verbose_name_plural = _("endpoint"), _("endpoints")

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        return self.archived_at is None

    @property
    def key(self) -> str:
        """The key with which its provider signs; empty when there is none."""
        return unseal(self.signing_key) or "" if self.signing_key else ""

    @classmethod
    def at(cls, address: str) -> "Endpoint | None":
        """The endpoint with this secret address."""
        return cls.objects.filter(hashed=fingerprint(address)).first()


def new_address() -> str:
    """The secret part of an address: 144 bits."""
    return secrets.token_urlsafe(18)
