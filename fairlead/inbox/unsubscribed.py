"""/u/<sealed>: the link by which whoever gets our mail has no more of it, at once for mail programs (RFC 8058)."""

from django.http import HttpRequest, HttpResponse

from fairlead.core.actor import system
from fairlead.core.sealed import unseal
from fairlead.inbox import pace
from fairlead.inbox.framed import asks, closed, for_visitors, language_of
from fairlead.models import normal
from fairlead.programs.callers import network
from fairlead.verbs.letters import LEAVING
from fairlead.verbs.suppressions import suppress_address

SYSTEM = system("unsubscribing")
LONGEST = 2000


@for_visitors("GET", "POST")
def leave(request: HttpRequest, sealed: str) -> HttpResponse:
    """Programs that read mail open its links: so following it asks, and only a POST unsubscribes."""
    language = language_of(request)
    if not pace.allowed("u", network(request.META.get("REMOTE_ADDR", ""))):
        return closed(request, "away", 429, None, language)
    kind, _colon, address = (unseal(sealed[:LONGEST]) or "").partition(":")
    if kind != LEAVING or not normal.mail(address):
        return closed(request, "no_leaving", 404, None, language)
    if request.method != "POST":
        return asks(request, language, {"address": address}, "forms/unsubscribe.html")
    suppress_address(SYSTEM, address=address, channel="mail", reason="Unsubscribed", because="unsubscribe")
    return closed(request, "left", 200, None, language)
