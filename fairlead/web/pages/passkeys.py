"""One's own passkeys."""

from django import forms
from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from fairlead.verbs.second_factors import add_passkey, remove_passkey
from fairlead.web.browsers import in_words
from fairlead.web.forms import Form
from fairlead.web.page import Request, done, fault, page
from fairlead.web.pages.second_factor import HERE, added, lately
from fairlead.web.pages.sessions import own_session


class New(Form):
    name = forms.CharField(max_length=80, required=False)
    answer = forms.CharField(max_length=100_000)


@page("member", "POST", weak=True)
@lately
def options(request: Request) -> HttpResponse:
    from fairlead.web.passkeys import offer_making  # 10 MB that most processes never need

    return JsonResponse(offer_making(request, request.user))


@page("member", "POST", weak=True)
@lately
def add(request: Request) -> HttpResponse:
    """Keep the passkey that the browser made; without a name it is called after the browser."""
    from fairlead.web.passkeys import made

    form = New(request.POST)
    facts = made(request, form.cleaned_data["answer"]) if form.is_valid() else None
    if facts is None:
        return fault(request, 422, _("The browser's answer does not fit. No passkey was added. Try again."))
    name = form.cleaned_data["name"].strip() or in_words(request.headers.get("User-Agent", ""))
    result = add_passkey(request.by, name=name, session=own_session(request), **facts)
    request.session["strong"] = True
    return added(request, result.codes, _("The passkey is added. Your other sessions ended."))


@page("member", "POST")
@lately
def remove(request: Request, public_id: str) -> HttpResponse:
    remove_passkey(request.by, passkey=public_id)
    return done(request, HERE, _("The passkey signs in no more. Delete it on its device too."))
