"""Signing in and out: with a password, or by a link that was mailed or printed."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import authenticate, logout
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from fairlead.core import clock
from fairlead.models import SignInLink, User, normal
from fairlead.verbs.passwords import LINK_FOR, ask_for_link, demand_passwords
from fairlead.web.forms import Form
from fairlead.web.kept import sealed_part
from fairlead.web.limits import WAIT, Tries
from fairlead.web.page import Request, page, render
from fairlead.web.two_factor import admit


class SignIn(Form):
    email = forms.CharField(max_length=254)
    password = forms.CharField(max_length=1000, strip=False, widget=forms.PasswordInput)


class MailLink(Form):
    email = forms.CharField(max_length=254)


@page("anyone", "GET", "POST")
def sign_in(request: Request) -> HttpResponse:
    """E-mail and password. The answer never says which of the two was wrong."""
    if request.by.user_id is not None and request.method != "POST":
        return HttpResponseRedirect(going_to(request))
    form = SignIn(request.POST)
    if request.method != "POST" or not form.is_valid():
        return form_page(request, form, 422 if form.errors else 200)
    demand_passwords()
    tries = Tries(request, normal.mail(form.cleaned_data["email"]))
    if not tries.allowed:
        return too_many(request)
    email, password = normal.mail(form.cleaned_data["email"]), form.cleaned_data["password"]
    user = authenticate(request, username=email, password=password)
    if not isinstance(user, User):
        form.refusal = _("E-mail and password do not belong together. Try again, or have a link mailed to you.")
        return form_page(request, form, 422)
    tries.forgive()
    return admit(request, user, going_to(request), kept=request.POST.get("kept", ""))


@page("anyone", "GET", "POST")
def mail(request: Request) -> HttpResponse:
    """Have a sign-in link mailed. Whether anybody has the address is never said."""
    demand_passwords()
    form = MailLink(request.POST if "email" in request.POST else None)
    if request.method != "POST" or not form.is_valid():
        context = {"form": form, "next": going_to(request), **sealed_part(request)}
        return render(request, "sign_in/mail.html", context, status=form.status)
    if not Tries(request).allowed:
        return too_many(request)
    ask_for_link(request.by, email=form.cleaned_data["email"])
    _carry(request)
    return render(request, "sign_in/mailed.html", {"email": form.cleaned_data["email"]})


@page("anyone", "GET", "POST")
def link(request: Request) -> HttpResponse:
    """A link shows one button; only pressing it signs in, so that a mail scanner cannot use the link up."""
    token, purpose = given_token(request), SignInLink.Purpose.SIGN_IN
    found = SignInLink.use(token, purpose) if request.method == "POST" else SignInLink.open(token, purpose)
    user = found.user if found else None
    if not isinstance(user, User) or not user.is_active:
        return ended(request)
    if request.method == "POST":
        to, kept = _carried(request)
        return admit(request, user, to, strong=settings.LINK_IS_STRONG, kept=kept)
    return render(request, "sign_in/link.html", {"token": token, "who": user})


@page("anyone", "POST")
def sign_out(request: Request) -> HttpResponse:
    logout(request)
    answer = HttpResponseRedirect("/sign-in", status=303)
    answer["Clear-Site-Data"] = '"cache"'
    return answer


def too_many(request: Request) -> HttpResponse:
    answer = render(request, "sign_in/too_many.html", status=429)
    answer["Retry-After"] = WAIT
    return answer


def ended(request: Request) -> HttpResponse:
    """A link that was used, is too old, or never was: the three are not told apart."""
    return render(request, "sign_in/ended.html", status=410)


def given_token(request: Request) -> str:
    return str(request.POST.get("token") or request.GET.get("token", ""))[:200]


def form_page(request: Request, form: SignIn, status: int) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "next": going_to(request), **sealed_part(request)}
    context["empty"] = request.method != "POST" and not User.objects.exists()
    return render(request, "sign_in/sign_in.html", context, status=status)


def going_to(request: Request) -> str:
    """Where they were going: a path of ours, never another site."""
    path = request.POST.get("next") or request.GET.get("next", "/")
    ours = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if ours else "/"


def _carry(request: Request) -> None:
    """Keep on this browser, while a link is on its way, where they were going and the form they had typed."""
    to, kept = going_to(request), sealed_part(request)["kept"]
    if to != "/" or kept:
        request.session["carried"] = {"to": to, "kept": kept, "until": (clock.now() + LINK_FOR).timestamp()}


def _carried(request: Request) -> tuple[str, str]:
    carried = request.session.pop("carried", {"until": 0})
    in_time = carried["until"] > clock.now().timestamp()
    return (carried["to"], carried["kept"]) if in_time else ("/", "")
