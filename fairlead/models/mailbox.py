"""Mailbox: an IMAP mailbox whose mails become inquiries, and how far it was read."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from fairlead.core.record import Record
from fairlead.core.sealed import unseal


class Mailbox(Record):
    """What arrives becomes leads as the endpoint says; those that get no owner there belong to `team`."""

    class Security(models.TextChoices):
        TLS = "tls", _("TLS from the start (usual: port 993)")
        STARTTLS = "starttls", _("STARTTLS (usual: port 143)")
        NONE = "none", _("None, within your own network alone")

    access_as = "organisation"
    api_hidden = frozenset({"password"})
    many = "mailboxes"

    name = models.CharField(_("name"), max_length=80, unique=True)
    host = models.CharField(_("host"), max_length=253)
    port = models.PositiveIntegerField(
        _("port"), default=993, validators=[MinValueValidator(1), MaxValueValidator(65535)]
    )
    security = models.CharField(_("security"), max_length=8, choices=Security.choices, default=Security.TLS)
    username = models.CharField(_("user name"), max_length=320)
    password = models.TextField()
    folder = models.CharField(_("folder"), max_length=200, default="INBOX")
    endpoint = models.ForeignKey(
        "Endpoint", on_delete=models.PROTECT, related_name="mailboxes", verbose_name=_("endpoint")
    )
    team = models.ForeignKey(
        "Team", null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("team")
    )

    class Meta:
        ordering = ["name"]
        verbose_name, verbose_name_plural = _("mailbox"), _("mailboxes")

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        return self.archived_at is None

    @property
    def secret(self) -> str:
        """The password; empty when the key that it was sealed with is another one now."""
        return unseal(self.password) or ""

    @property
    def progress(self) -> "MailboxProgress":
        found = MailboxProgress.objects.filter(mailbox=self).first()
        return found or MailboxProgress(mailbox=self)


class MailboxProgress(models.Model):
    """How far a mailbox was read: up to the message `uid` of the numbering `validity`. `problem`: why not further."""

    mailbox = models.OneToOneField(Mailbox, on_delete=models.CASCADE, primary_key=True, related_name="+")
    validity = models.BigIntegerField(null=True)
    uid = models.BigIntegerField(default=0)
    looked_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)
    failures = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.validity}:{self.uid}"
