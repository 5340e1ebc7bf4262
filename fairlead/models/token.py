"""Secrets that open a door: API tokens and sign-in links. Only hashes are stored."""

import hashlib
import secrets
from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fairlead.core import clock
from fairlead.core.actor import Actor, Level
from fairlead.core.record import Record

PREFIX = "fl_"
SCOPES = ("read", "write")


class Token(Record):
    """A user's key for programs: the user's rights, within its scopes, until it expires."""

    access_as = "organisation"
    api_hidden = frozenset({"hashed"})
    derived = frozenset({"last_used_at"})

    user = models.ForeignKey("User", on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(_("name"), max_length=80)
    starts_with = models.CharField(max_length=12)
    hashed = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    expires_at = models.DateTimeField(_("expires"))
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name

    @property
    def is_valid(self) -> bool:
        return self.revoked_at is None and clock.now() < self.expires_at and self.user.is_active

    @classmethod
    def within(cls, by: Actor, level: Level) -> Q:
        return Q(user_id=by.user_id)

    @classmethod
    def governed(cls, by: Actor, action: str) -> Q | None:
        return Q() if by.level(action, "organisation") == "all" and action != "see" else Q(user_id=by.user_id)

    def actor(self, door: str) -> Actor:
        """The token's user through this door, narrowed to the token's scopes."""
        user = self.user.actor(door)
        return Actor(
            kind="token",
            door=door,
            label=self.user.name,
            user_id=user.user_id,
            token_id=self.pk,
            team_ids=user.team_ids,
            teammate_ids=user.teammate_ids,
            grants=user.grants,
            scopes=frozenset(self.scopes),
        )


class SignInLink(models.Model):
    """A link that signs in, invites, sets a password, or makes the first administrator; used once, within its time."""

    class Purpose(models.TextChoices):
        SIGN_IN = "sign_in"
        INVITATION = "invitation"
        RESET = "reset"
        FIRST_ADMIN = "first_admin"

    hashed = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    user = models.ForeignKey("User", null=True, on_delete=models.CASCADE, related_name="+")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.purpose} until {self.expires_at:%Y-%m-%d %H:%M}"

    @classmethod
    def issue(cls, purpose: str, user: "models.Model | None" = None, *, valid: timedelta) -> str:
        """Make a link; returns its secret, which is shown once and stored nowhere."""
        secret = secrets.token_urlsafe(32)
        cls.objects.create(hashed=fingerprint(secret), purpose=purpose, user=user, expires_at=clock.now() + valid)
        return secret

    @classmethod
    def open(cls, secret: str, purpose: str) -> "SignInLink | None":
        """The unused, unexpired link with this secret."""
        found = cls.objects.filter(hashed=fingerprint(secret), purpose=purpose, used_at=None)
        return found.filter(expires_at__gt=clock.now()).select_related("user").first()

    @classmethod
    def open_for(cls, user: "models.Model", purpose: str) -> "models.QuerySet[SignInLink]":
        """The links of this user that still work."""
        return cls.objects.filter(user=user, purpose=purpose, used_at=None, expires_at__gt=clock.now())

    @classmethod
    def use(cls, secret: str, purpose: str) -> "SignInLink | None":
        """As `open`, and the link is used up; of two at the same moment one gets it."""
        found = cls.open(secret, purpose)
        now = clock.now()
        return found if found and cls.objects.filter(pk=found.pk, used_at=None).update(used_at=now) else None


def fingerprint(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
