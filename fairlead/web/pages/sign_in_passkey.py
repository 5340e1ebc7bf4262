"""Signing in with a passkey, which is two factors in one."""

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from fairlead.verbs.passwords import demand_passwords
from fairlead.web.limits import Tries
from fairlead.web.page import Request, page
from fairlead.web.pages.sign_in import SignIn, form_page, going_to, too_many
from fairlead.web.two_factor import admit, waiting


@page("anyone", "POST")
def options(request: Request) -> HttpResponse:
    from fairlead.web.passkeys import offer_using  # 10 MB that most processes never need

    return JsonResponse(offer_using(request))


@page("anyone", "POST")
def sign_in(request: Request) -> HttpResponse:
    from fairlead.web.passkeys import used

    tries = Tries(request)
    if not tries.allowed:
        return too_many(request)
    asked = waiting(request)
    if asked is None:
        demand_passwords()
    user = used(request, request.POST.get("answer", ""))
    if user is None:
        form = SignIn()
        form.refusal = _("This passkey opens nothing here. Try again, or sign in another way.")
        return form_page(request, form, 422)
    tries.forgive()
    to, kept = (asked.to, asked.kept) if asked else (going_to(request), request.POST.get("kept", ""))
    return admit(request, user, to, strong=True, kept=kept)
