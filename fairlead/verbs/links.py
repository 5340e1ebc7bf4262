"""Links that let somebody in, and the mails that carry them."""

from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from fairlead.core.actor import Actor
from fairlead.models import Organisation, SignInLink, User
from fairlead.verbs.outgoing import send_mail_later

PAGES = {
    SignInLink.Purpose.SIGN_IN: "/sign-in/link",
    SignInLink.Purpose.INVITATION: "/invitation",
    SignInLink.Purpose.RESET: "/password",
    SignInLink.Purpose.FIRST_ADMIN: "/welcome",
}

# What the mail is for, as the gate for outgoing mail names it.
KINDS = {
    SignInLink.Purpose.SIGN_IN: "sign_in",
    SignInLink.Purpose.INVITATION: "invitation",
    SignInLink.Purpose.RESET: "security",
}


def issue(purpose: SignInLink.Purpose, user: User | None = None, *, valid: timedelta) -> str:
    """Make a link; returns its address. The secret is in the query, which is never logged."""
    return f"{settings.BASE_URL}{PAGES[purpose]}?token={SignInLink.issue(purpose, user, valid=valid)}"


def mail_link(by: Actor, user: User, purpose: SignInLink.Purpose, *, valid: timedelta) -> None:
    """Promise a mail with a new link; it stays unsent when the running act fails."""
    subject, text = WORDS[purpose](by, user)
    address = issue(purpose, user, valid=valid)
    send_mail_later(user.email, subject, text.replace("{link}", address), purpose=KINDS[purpose])


def _sign_in(by: Actor, user: User) -> tuple[str, str]:
    text = _(
        "Hello {name},\n\nthis link signs you in. It works once, for 20 minutes.\n\n{link}\n\n"
        "If you did not ask for it, do nothing: without this mail nobody gets in.\n"
    )
    return _("Your sign-in link"), text.replace("{name}", _plain(user.name))


def _password(by: Actor, user: User) -> tuple[str, str]:
    text = _(
        "Hello {name},\n\nthis link lets you set a new password. It works once, for 20 minutes.\n\n{link}\n\n"
        "If you did not ask for it, end your other sessions under Settings.\n"
    )
    return _("Set a new password"), text.replace("{name}", _plain(user.name))


def _invitation(by: Actor, user: User) -> tuple[str, str]:
    ours = _plain(Organisation.ours().name)
    text = _(
        "Hello {name},\n\n{by} invites you to Fairlead, where {organisation} keeps track of its sales.\n"
        "{how}\n\n{link}\n"
    )
    how = _("Choose a password here. The link works once, for 7 days.")
    if settings.OIDC_ONLY:
        how = _("Sign in there with %(provider)s. The link works for 7 days.") % {"provider": settings.OIDC_LABEL}
    text = text.replace("{name}", _plain(user.name)).replace("{by}", _plain(by.label))
    return _("You are invited to Fairlead at %(ours)s") % {"ours": ours}, text.replace("{organisation}", ours).replace(
        "{how}", how
    )


def _plain(text: str) -> str:
    """A name as data: one line, and no place for a link."""
    return " ".join(text.replace("{", "(").replace("}", ")").split())


WORDS = {
    SignInLink.Purpose.SIGN_IN: _sign_in,
    SignInLink.Purpose.INVITATION: _invitation,
    SignInLink.Purpose.RESET: _password,
}
