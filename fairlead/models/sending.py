"""Sending: the mail server, or the provider, by which mail leaves; one row, which the environment can overrule."""

from email.utils import parseaddr
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fairlead.core.record import Record
from fairlead.core.sealed import unseal
from fairlead.models import normal


def mail_address(text: Any) -> None:
    """Refuse what is neither empty nor one address, with or without a name before it."""
    if text and (not normal.mail(parseaddr(str(text))[1]) or len(str(text).splitlines()) > 1):
        raise ValidationError(gettext("Write an address like hello@example.com, or Northgate IT <hello@example.com>."))


class Sending(Record):
    """`secret` is the password, or the key of the provider, sealed; `domain` is what some providers send for."""

    class Provider(models.TextChoices):
        FILES = "files", _("Nobody: mail is kept as files")
        SMTP = "smtp", _("A mail server (SMTP)")
        BREVO = "brevo", "Brevo"
        MAILERSEND = "mailersend", "MailerSend"
        MAILGUN = "mailgun", "Mailgun"
        POSTMARK = "postmark", "Postmark"
        RESEND = "resend", "Resend"

    class Security(models.TextChoices):
        STARTTLS = "starttls", _("STARTTLS (usual: port 587)")
        TLS = "tls", _("TLS from the start (usual: port 465)")
        NONE = "none", _("None, within your own network alone")

    access_as = "organisation"
    api_hidden = frozenset({"secret"})

    provider = models.CharField(_("sent by"), max_length=10, choices=Provider.choices, default=Provider.FILES)
    host = models.CharField(_("host"), max_length=253, blank=True)
    port = models.PositiveIntegerField(
        _("port"), default=587, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    security = models.CharField(_("security"), max_length=8, choices=Security.choices, default=Security.STARTTLS)
    username = models.CharField(_("user name"), max_length=320, blank=True)
    secret = models.TextField(blank=True)
    domain = models.CharField(_("domain"), max_length=253, blank=True)
    from_address = models.CharField(_("from"), max_length=320, blank=True, validators=[mail_address])
    reply_to = models.CharField(_("reply to"), max_length=320, blank=True, validators=[mail_address])

    class Meta:
        verbose_name, verbose_name_plural = _("mail sending"), _("mail sending")

    def __str__(self) -> str:
        return self.host if self.provider == self.Provider.SMTP else str(self.get_provider_display())

    @property
    def password(self) -> str:
        """Empty when there is none, or when the key that it was sealed with is another one now."""
        return unseal(self.secret) or "" if self.secret else ""

    @classmethod
    def ours(cls) -> "Sending":
        return cls.objects.order_by("pk").first() or cls()
