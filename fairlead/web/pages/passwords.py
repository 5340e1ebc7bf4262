"""One's own password."""

from django import forms
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.utils.translation import gettext as _

from fairlead.verbs.passwords import ask_for_password_link, set_password
from fairlead.web.forms import Form
from fairlead.web.limits import Tries
from fairlead.web.page import Request, done, page
from fairlead.web.pages.settings import show
from fairlead.web.pages.sign_in import too_many


class Change(Form):
    current_password = forms.CharField(max_length=1000, strip=False, required=False, widget=forms.PasswordInput)
    password = forms.CharField(max_length=1000, strip=False, widget=forms.PasswordInput)


@page("member", "GET", "POST")
def change(request: Request) -> HttpResponse:
    """A new password ends all other sessions; this one goes on."""
    form = Change(request.POST)
    if request.method == "POST":
        tries = Tries(request, request.user.email)
        if not tries.allowed:
            return too_many(request)
        if form.carried_out(lambda **facts: set_password(request.by, **facts)):
            tries.forgive()
            update_session_auth_hash(request, form.result)
            return done(request, "/settings/password", _("Password changed. Your other sessions ended."))
    has_one = request.user.has_usable_password()
    return show(request, "settings/password.html", {"form": form, "has_one": has_one}, status=form.status)


@page("member", "POST")
def forgotten(request: Request) -> HttpResponse:
    """A mailed link lets one set a password without the old one."""
    ask_for_password_link(request.by)
    text = _("A link is on its way to %(email)s. It works for 20 minutes.") % {"email": request.user.email}
    return done(request, "/settings/password", text)
