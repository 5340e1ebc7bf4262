"""One's own tokens for programs."""

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairlead.core import clock
from fairlead.core.access import governing
from fairlead.models import Token
from fairlead.verbs.tokens import create_token, revoke_token
from fairlead.web.forms import Form
from fairlead.web.page import Request, done, page, record_or_404
from fairlead.web.pages.settings import show
from fairlead.web.rights import noun_in_words

SCOPES = [("read", gettext_lazy("Read only")), ("write", gettext_lazy("Read and write"))]
DAYS = [("30", gettext_lazy("30 days")), ("90", gettext_lazy("90 days")), ("365", gettext_lazy("1 year"))]


class New(Form):
    name = forms.CharField(max_length=80)
    scope = forms.ChoiceField(choices=SCOPES, initial="read")
    only = forms.MultipleChoiceField(choices=lambda: [(n, noun_in_words(n)) for n in governing()], required=False)
    days = forms.TypedChoiceField(choices=DAYS, coerce=int, initial="90")


@page("member", "GET", "POST")
def index(request: Request) -> HttpResponse:
    """The tokens; a new one's secret is in the answer to the form and nowhere else."""
    form, made = New(request.POST), None
    if request.method == "POST" and form.carried_out(lambda **facts: _create(request, **facts)):
        form, made = New(), form.result
    tokens = Token.objects.visible_to(request.by).filter(revoked_at=None, expires_at__gt=clock.now())
    context = {"form": form, "made": made, "tokens": tokens.order_by("-pk"), "only": set(form["only"].value() or [])}
    return show(request, "settings/tokens.html", context, status=form.status)


@page("member", "POST")
def revoke(request: Request, public_id: str) -> HttpResponse:
    token = record_or_404(request, "token", public_id)
    assert isinstance(token, Token)
    revoke_token(request.by, token)
    return done(request, "/settings/tokens", _("%(name)s works no more.") % {"name": token.name})


def _create(request: Request, *, name: str, scope: str, only: list[str], days: int) -> object:
    wide = ["read", "write"] if scope == "write" else ["read"]
    scopes = [f"{noun}.{each}" for noun in only for each in wide] or wide
    return create_token(request.by, name=name, scopes=scopes, days=days)
