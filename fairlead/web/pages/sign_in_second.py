"""The second step of signing in: a passkey, a code of the app, or a recovery code."""

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from fairlead.core.errors import Invalid
from fairlead.models import Authenticator, Passkey, User
from fairlead.models.second_factor import plain
from fairlead.verbs.second_factors import spend_recovery_code
from fairlead.web.forms import Form
from fairlead.web.limits import Tries
from fairlead.web.page import Request, page, render
from fairlead.web.pages.sign_in import too_many
from fairlead.web.two_factor import admit, waiting


class Second(Form):
    code = forms.CharField(max_length=40)


@page("anyone", "GET", "POST")
def second(request: Request) -> HttpResponse:
    """Whoever has shown no first factor lately begins anew."""
    if (asked := waiting(request)) is None:
        return HttpResponseRedirect("/sign-in", status=303)
    user, form = asked.user, Second(request.POST)
    if request.method == "POST" and form.is_valid():
        tries = Tries(request, user.email)
        if not tries.allowed:
            return too_many(request)
        if _right(user, form.cleaned_data["code"]):
            tries.forgive()
            return admit(request, user, asked.to, strong=True, kept=asked.kept)
        form.refusal = _("This code does not work. Type the one that the app shows now, or a recovery code.")
    has = {kind.__name__.lower(): kind.objects.filter(user=user).exists() for kind in (Authenticator, Passkey)}
    return render(request, "sign_in/second.html", {"form": form, "who": user, "has": has}, status=form.status)


def _right(user: User, code: str) -> bool:
    if len(plain(code)) == 6:
        app = Authenticator.objects.filter(user=user).first()
        return app is not None and app.takes(code)
    try:
        spend_recovery_code(user.actor("web"), code=code)
    except Invalid:
        return False
    return True
