"""What people sign in with besides a password: an authenticator app, passkeys, and recovery codes without them."""

import secrets
from typing import TYPE_CHECKING

import pyotp
from django.db import models
from django.utils.crypto import constant_time_compare, salted_hmac

from fairlead.core import clock
from fairlead.core.record import ALPHABET, new_public_id
from fairlead.core.sealed import seal, unseal

if TYPE_CHECKING:
    from fairlead.models.user import User

CODES = 10
STEP = 30  # seconds for which a code of the app stands


class Authenticator(models.Model):
    """A user's authenticator app (TOTP, RFC 6238). The secret is kept sealed."""

    user = models.OneToOneField("User", on_delete=models.CASCADE, related_name="authenticator")
    sealed = models.CharField(max_length=255)
    last_step = models.BigIntegerField(default=0)
    added_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"authenticator of {self.added_at:%Y-%m-%d}"

    @classmethod
    def keep(cls, user: "User", secret: str, step: int) -> None:
        """The app is this one from now on; the code it was proved with is used up."""
        facts = {"sealed": seal(secret), "last_step": step, "added_at": clock.now()}
        cls.objects.update_or_create(user=user, defaults=facts)

    def takes(self, code: str) -> bool:
        """Is this the app's code, and not used before? Of two at the same moment one gets in."""
        step = step_of(unseal(self.sealed) or "", code)
        mine = Authenticator.objects.filter(pk=self.pk, last_step__lt=step or 0)
        return step is not None and mine.update(last_step=step) == 1


class Passkey(models.Model):
    """A key pair of WebAuthn whose private half never leaves a user's device; ids and keys are base64url."""

    public_id = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    user = models.ForeignKey("User", on_delete=models.CASCADE, related_name="passkeys")
    name = models.CharField(max_length=80)
    credential = models.CharField(max_length=1400, unique=True)
    public_key = models.TextField()
    sign_count = models.BigIntegerField(default=0)
    added_at = models.DateTimeField(default=clock.now)
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def known(cls, credential: str) -> "Passkey | None":
        """The passkey of an active user with this credential's id."""
        return cls.objects.filter(credential=credential, user__is_active=True).select_related("user__role").first()

    def count(self, uses: int) -> bool:
        """Note that it was used, as often as the device says; of two at the same moment with one count one gets in."""
        before = Passkey.objects.filter(pk=self.pk, sign_count=self.sign_count)
        return before.update(sign_count=uses, last_used_at=clock.now()) == 1


class RecoveryCode(models.Model):
    """One of ten codes that each work once, kept as keyed hashes."""

    user = models.ForeignKey("User", on_delete=models.CASCADE, related_name="recovery_codes")
    hashed = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "hashed"], name="recovery_code_once")]

    def __str__(self) -> str:
        return "recovery code"

    @classmethod
    def issue(cls, user: "User") -> list[str]:
        """Ten new codes of 48 bits; the earlier ones end."""
        codes = ["".join(secrets.choice(ALPHABET) for _each in range(10)) for _code in range(CODES)]
        cls.objects.filter(user=user).delete()
        RecoveryCode.objects.bulk_create([RecoveryCode(user=user, hashed=_hashed(code)) for code in codes])
        return [f"{code[:5]}-{code[5:]}" for code in codes]

    @classmethod
    def spend(cls, user: "User", code: str) -> bool:
        """Use up a code; of two at the same moment one gets in."""
        return cls.objects.filter(user=user, hashed=_hashed(plain(code))).delete()[0] == 1


def has_second_factor(user: "User") -> bool:
    return Authenticator.objects.filter(user=user).exists() or Passkey.objects.filter(user=user).exists()


def forget_second_factors(user: "User") -> int:
    """Remove all of a user's second factors and recovery codes; how many rows there were."""
    return sum(model.objects.filter(user=user).delete()[0] for model in (Authenticator, Passkey, RecoveryCode))


def step_of(secret: str, code: str) -> int | None:
    """The 30 seconds to which a code belongs, one step early and late allowed; None when it is no code of now."""
    if not secret:
        return None
    now = int(clock.now().timestamp()) // STEP
    app, typed = pyotp.TOTP(secret), plain(code)
    return next((step for step in (now, now - 1, now + 1) if constant_time_compare(app.at(step * STEP), typed)), None)


def plain(code: str) -> str:
    """A code as it is compared, however it was typed."""
    return "".join(each for each in code.lower() if each.isalnum())


def _hashed(code: str) -> str:
    return salted_hmac("fairlead.recovery", code, algorithm="sha256").hexdigest()
