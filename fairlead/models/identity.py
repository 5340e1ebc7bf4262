"""Who a user is at the organisation's sign-in provider (OpenID Connect)."""

from typing import TYPE_CHECKING, Any

from django.db import models

from fairlead.core import clock

if TYPE_CHECKING:
    from fairlead.models.user import User


class Identity(models.Model):
    """A user's account at a provider, known by the provider's own name for it; a mail address may change hands."""

    user = models.ForeignKey("User", on_delete=models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    email = models.EmailField(max_length=254, blank=True)
    linked_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="identity_once"),
            models.UniqueConstraint(fields=["user", "issuer"], name="identity_of_user_once"),
        ]

    def __str__(self) -> str:
        return self.email or self.subject

    @classmethod
    def holder(cls, issuer: str, subject: str) -> "User | None":
        """Whose account this is, active or not."""
        found: Any = cls.objects.filter(issuer=issuer, subject=subject).select_related("user__role").first()
        return found.user if found else None
