"""Signing in at the organisation's provider, coming back from there, and one's own account there."""

import logging

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from fairlead.core.actor import system
from fairlead.core.errors import NotFound, Refused
from fairlead.models import Identity, Role, User, normal
from fairlead.verbs.identities import join_with_identity, link_identity, reset_identity, unlink_identity
from fairlead.web import oidc
from fairlead.web.kept import sealed_part
from fairlead.web.limits import Tries
from fairlead.web.oidc import Known, NotIn
from fairlead.web.page import Request, done, page, record_or_404, render
from fairlead.web.pages.second_factor import lately
from fairlead.web.pages.settings import show
from fairlead.web.pages.sign_in import going_to, too_many
from fairlead.web.two_factor import admit

log = logging.getLogger("fairlead.oidc")
HERE = "/settings/linked-account"
# Where one changes how one signs in: on the way there the provider asks who it is, even of those it knows.
ANEW = ("/settings/second-factor", HERE)


@page("anyone", "GET", "POST")
def start(request: Request) -> HttpResponse:
    """To the provider; with a form to keep, by a page between, because no form may lead to another site."""
    if request.by.user_id is not None or not settings.OIDC_ISSUER:
        return HttpResponseRedirect(going_to(request) if settings.OIDC_ISSUER else "/sign-in", status=303)
    to, kept = going_to(request), sealed_part(request)["kept"]
    try:
        address = oidc.begin(request, to=to, kept=kept, anew=to.startswith(ANEW))
    except NotIn as reason:
        return _stay_out(request, reason, to)
    return _onward(request, address) if request.method == "POST" else HttpResponseRedirect(address)


@page("anyone")
def back(request: Request) -> HttpResponse:
    """From the provider: a user who is let in, or links their account."""
    if not settings.OIDC_ISSUER:
        return HttpResponseRedirect("/sign-in", status=303)
    tries = Tries(request)
    if not tries.allowed:
        return too_many(request)
    try:
        known = oidc.finish(request)
        if known.linking is not None:
            return _linked(request, known)
        user = _user_of(known)
    except NotIn as reason:
        return _stay_out(request, reason)
    except Refused as refusal:
        return _stay_out(request, NotIn(refusal.text, refusal.status))
    tries.forgive()
    answer = admit(request, user, known.to, strong=settings.OIDC_IS_STRONG, kept=known.kept)
    if request.user.is_authenticated:
        request.session["proved_at"] = known.proved_at
    return answer


@page("member")
def account(request: Request) -> HttpResponse:
    """The account at the provider that signs in here."""
    linked = Identity.objects.filter(user=request.user).first()
    return show(request, "settings/linked_account.html", {"linked": linked})


@page("member", "POST")
@lately
def link(request: Request) -> HttpResponse:
    """To the provider, to link the account there; only by a press of our own button."""
    if not settings.OIDC_ISSUER:
        raise NotFound(_("There is no provider to sign in with."))
    try:
        return _onward(request, oidc.begin(request, to=HERE, linking=request.by.user_id, anew=True))
    except NotIn as reason:
        return _stay_out(request, reason, HERE)


@page("member", "POST")
@lately
def unlink(request: Request) -> HttpResponse:
    unlink_identity(request.by)
    return done(request, HERE, _("The account is unlinked."))


@page("organisation.edit", "POST")
def reset(request: Request, public_id: str) -> HttpResponse:
    """An administrator unlinks somebody's account."""
    who = record_or_404(request, "user", public_id)
    assert isinstance(who, User)
    reset_identity(request.by, who)
    text = _("The account of %(name)s is unlinked. They are signed out everywhere.")
    return done(request, f"/settings/people/{public_id}", text % {"name": who.name})


# --- whose account it is -----------------------------------------------------------------------------------------


def _user_of(known: Known) -> User:
    """The user with this account; the first time, the user with its verified address, or a new one."""
    address = normal.mail(known.email) if known.verified else ""
    if settings.OIDC_DOMAINS - {"*"} and address.rpartition("@")[2] not in settings.OIDC_DOMAINS:
        raise NotIn(_("Your address at %(provider)s is not of this organisation.") % {"provider": settings.OIDC_LABEL})
    user = Identity.holder(known.issuer, known.subject) or _first_time(known, address)
    if not user.is_active:
        raise _unknown(address)
    return user


def _first_time(known: Known, address: str) -> User:
    facts = {"issuer": known.issuer, "subject": known.subject, "email": address}
    if not address:
        text = _("%(provider)s does not vouch for your mail address. Sign in another way, then link the account.")
        raise NotIn(text % {"provider": settings.OIDC_LABEL})
    user: User | None = User.objects.select_related("role").filter(email=address).first()
    if user is not None and user.is_active:
        return link_identity(user.actor("web"), **facts)
    role = Role.objects.live().filter(name=settings.OIDC_ROLE).first() if settings.OIDC_ROLE else None
    if settings.OIDC_ROLE and role is None:
        log.error("FAIRLEAD_OIDC_ROLE names the role %s, which does not exist", settings.OIDC_ROLE)
    if user is not None or role is None:
        raise _unknown(address)
    name = known.name or address.partition("@")[0]
    return join_with_identity(system("sign-in", "web"), name=name, role=role, **facts)


def _linked(request: Request, known: Known) -> HttpResponse:
    if request.by.user_id != known.linking:
        raise NotIn(_("You are signed in as somebody else by now. Start again."), 400)
    link_identity(request.by, issuer=known.issuer, subject=known.subject, email=normal.mail(known.email))
    return done(request, HERE, _("Your account at %(provider)s signs you in now.") % {"provider": settings.OIDC_LABEL})


def _unknown(address: str) -> NotIn:
    who = address or _("this account")
    return NotIn(_("Nobody signs in here as %(who)s. Ask an administrator to invite you.") % {"who": who})


# --- the pages between -------------------------------------------------------------------------------------------


def _onward(request: Request, address: str) -> HttpResponse:
    answer = render(request, "sign_in/onward.html", {"address": address})
    answer["Refresh"] = f"0; url={address}"
    return answer


def _stay_out(request: Request, reason: NotIn, to: str = "/") -> HttpResponse:
    return render(request, "sign_in/not_in.html", {"text": reason.text, "next": to}, status=reason.status)
