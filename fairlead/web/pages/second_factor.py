"""One's own second factor: the page of all, the authenticator app, and the recovery codes."""

from functools import wraps
from typing import Any

import pyotp
from django import forms
from django.contrib.auth import logout
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from fairlead.core.sealed import seal, unseal
from fairlead.models import Authenticator, Organisation, Passkey, RecoveryCode
from fairlead.models.second_factor import has_second_factor
from fairlead.verbs.second_factors import add_authenticator, remove_authenticator, renew_recovery_codes
from fairlead.web.forms import Form
from fairlead.web.limits import Tries
from fairlead.web.page import Request, View, done, page
from fairlead.web.pages.sessions import own_session
from fairlead.web.pages.settings import show
from fairlead.web.pages.sign_in import too_many
from fairlead.web.qr import qr
from fairlead.web.two_factor import signed_in_lately

HERE = "/settings/second-factor"
OFFERED = "authenticator"  # what the session keeps, sealed, until the app has proved that it has it


class Code(Form):
    code = forms.CharField(max_length=40)


def lately(view: View) -> View:
    """A page that asks to sign in again when that is more than 15 minutes ago."""

    @wraps(view)
    def shown(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if signed_in_lately(request):
            return view(request, *args, **kwargs)
        return show(request, "settings/sign_in_again.html", {}, status=200 if request.method == "GET" else 401)

    return shown


@page("member", weak=True)
def index(request: Request) -> HttpResponse:
    context = {
        "needed": request.user.role.second_factor,
        "app": Authenticator.objects.filter(user=request.user).first(),
        "passkeys": Passkey.objects.filter(user=request.user).order_by("added_at"),
        "has_one": has_second_factor(request.user),
        "codes_left": RecoveryCode.objects.filter(user=request.user).count(),
    }
    return show(request, "settings/second_factor.html", context)


@page("member", "GET", "POST", weak=True)
@lately
def app(request: Request) -> HttpResponse:
    """Scan, type the code, done. The secret is shown until the app has proved it, and never again."""
    form, secret = Code(request.POST), _secret(request)
    if request.method == "POST":
        tries = Tries(request, request.user.email)
        if not tries.allowed:
            return too_many(request)
        session = own_session(request)
        if form.carried_out(lambda code: add_authenticator(request.by, secret=secret, code=code, session=session)):
            tries.forgive()
            del request.session[OFFERED]
            request.session["strong"] = True
            return added(request, form.result.codes, _("The app is set up. Your other sessions ended."))
    address = pyotp.TOTP(secret).provisioning_uri(name=request.user.email, issuer_name=_issuer())
    return show(
        request, "settings/authenticator.html", {"form": form, "secret": secret, "qr": qr(address)}, status=form.status
    )


@page("member", "POST")
@lately
def remove_app(request: Request) -> HttpResponse:
    remove_authenticator(request.by)
    return done(request, HERE, _("The app's codes are asked for no more."))


@page("member", "POST")
@lately
def codes(request: Request) -> HttpResponse:
    return added(request, renew_recovery_codes(request.by).codes)


@page("member", "POST", weak=True)
def again(request: Request) -> HttpResponse:
    """Sign in again, and back here."""
    logout(request)
    return HttpResponseRedirect(f"/sign-in?next={HERE}", status=303)


def added(request: Request, codes: list[Any], text: str = "") -> HttpResponse:
    """The recovery codes in the answer and nowhere else; without new ones, back to the page."""
    if codes:
        return show(request, "settings/recovery_codes.html", {"codes": codes})
    return done(request, HERE, text)


def _secret(request: Request) -> str:
    """The secret on offer; the same until it is proved, so that a page loaded twice stays right."""
    secret = unseal(request.session.get(OFFERED, "")) or pyotp.random_base32()
    if OFFERED not in request.session:
        request.session[OFFERED] = seal(secret)
    return secret


def _issuer() -> str:
    return f"Fairlead {Organisation.ours().name}".replace(":", " ")
