"""Links printed on the server for those who cannot sign in otherwise."""

from datetime import timedelta

from fairlead.models import SignInLink, User, normal
from fairlead.verbs.links import issue

VALID = timedelta(hours=24)


def sign_in_link(email: str | None = None) -> str:
    """A link that signs in, once, within a day: the user with this address, else the first one there is.

    While there are no users it leads to the page that makes the first administrator; an earlier one ends.
    """
    if not User.objects.exists():
        SignInLink.objects.filter(purpose=SignInLink.Purpose.FIRST_ADMIN).delete()
        return issue(SignInLink.Purpose.FIRST_ADMIN, valid=VALID)
    users = User.objects.active().order_by("pk")
    user = (users.filter(email=normal.mail(email)) if email else users).first()
    if user is None:
        raise SystemExit(f"Nobody signs in as {email}. Nothing was changed. Look at Settings, People.")
    return issue(SignInLink.Purpose.SIGN_IN, user, valid=VALID)
