"""Coming in for the first time, or anew: the first administrator, an invitation, a forgotten password."""

from django import forms
from django.http import HttpResponse

from fairlead.core.actor import Actor
from fairlead.models import SignInLink, User
from fairlead.models.place import currencies, territories, zones
from fairlead.verbs.passwords import reset_password
from fairlead.verbs.users import accept_invitation, first_administrator
from fairlead.web.forms import Form
from fairlead.web.page import Request, page, render
from fairlead.web.pages.sign_in import ended, given_token
from fairlead.web.two_factor import admit


def new_password() -> forms.CharField:
    return forms.CharField(max_length=1000, strip=False, widget=forms.PasswordInput)


class First(Form):
    name = forms.CharField(max_length=200)
    email = forms.CharField(max_length=254)
    password = new_password()
    organisation = forms.CharField(max_length=120)
    country = forms.ChoiceField(choices=lambda: sorted(territories().items(), key=lambda it: it[1]), initial="GB")
    currency = forms.ChoiceField(choices=lambda: list(currencies().items()), initial="GBP")
    zone = forms.ChoiceField(choices=lambda: [(zone, zone) for zone in zones()], initial="Europe/London")


class Accept(Form):
    name = forms.CharField(max_length=200)
    password = new_password()


class Reset(Form):
    password = new_password()


@page("anyone", "GET", "POST")
def welcome(request: Request) -> HttpResponse:
    """The first administrator, once, with the printed token."""
    token = given_token(request)
    if User.objects.exists() or SignInLink.open(token, SignInLink.Purpose.FIRST_ADMIN) is None:
        return ended(request)
    form = First(request.POST)
    first = Actor(kind="visitor", door="web", label=request.POST.get("name", "")[:200])
    if request.method == "POST" and form.carried_out(lambda **facts: first_administrator(first, secret=token, **facts)):
        return admit(request, form.result)
    return render(request, "sign_in/welcome.html", {"form": form, "token": token}, status=form.status)


@page("anyone", "GET", "POST")
def invitation(request: Request) -> HttpResponse:
    """An invited user chooses a password."""
    token = given_token(request)
    link = SignInLink.open(token, SignInLink.Purpose.INVITATION)
    if link is None or not isinstance(link.user, User) or not link.user.is_active:
        return ended(request)
    form = Accept(request.POST, initial={"name": link.user.name})
    if request.method == "POST" and form.carried_out(
        lambda **facts: accept_invitation(request.by, secret=token, **facts)
    ):
        return admit(request, form.result)
    return render(
        request, "sign_in/invitation.html", {"form": form, "token": token, "who": link.user}, status=form.status
    )


@page("anyone", "GET", "POST")
def password(request: Request) -> HttpResponse:
    """A new password by a mailed link."""
    token = given_token(request)
    link = SignInLink.open(token, SignInLink.Purpose.RESET)
    if link is None or not isinstance(link.user, User) or not link.user.is_active:
        return ended(request)
    form = Reset(request.POST)
    if request.method == "POST" and form.carried_out(lambda **facts: reset_password(request.by, secret=token, **facts)):
        return admit(request, form.result)
    return render(
        request, "sign_in/password.html", {"form": form, "token": token, "who": link.user}, status=form.status
    )
