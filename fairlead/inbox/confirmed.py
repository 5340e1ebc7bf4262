"""/f/<address>/confirm: the link in the mail of a form that asks for it. Following it asks, the button confirms."""

from django.http import HttpRequest, HttpResponse

from fairlead.core import clock
from fairlead.inbox import published
from fairlead.inbox.framed import closed, for_visitors, said
from fairlead.models import Submission
from fairlead.models.token import fingerprint
from fairlead.programs.arrivals import SYSTEM
from fairlead.programs.forms import Published, Shown, language_for
from fairlead.reading.phrases import phrases
from fairlead.verbs.form_answers import CONFIRMED_WITHIN, alike
from fairlead.verbs.submissions import confirm_submission


@for_visitors("GET", "POST")
def confirm(request: HttpRequest, address: str) -> HttpResponse:
    """Programs that read mail open its links: so only the button confirms."""
    found = published.find(address)
    if found.form is None:
        return closed(request, "no_form" if found.certain else "away", 404 if found.certain else 503)
    form = found.form
    language = language_for(form, request.GET.get("lang", ""), request.headers.get("Accept-Language", ""))
    secret = request.GET.get("key", "")[:100]
    submission = _waiting(secret, form) if secret else None
    if submission is None:
        return closed(request, "dead_link", 404, form, language)
    if request.method != "POST" and submission.confirmed_at is None:
        return said(form, language, {"secret": secret}, "forms/confirm.html")
    if submission.confirmed_at is None:
        for each in [submission, *alike(submission)]:
            confirm_submission(SYSTEM, each)
    words = phrases(language)
    shown = Shown(form, language)
    text = shown.text("thanks") or words["arrived"]
    if form["kind"] == "event":
        is_full = submission.registrations.filter(state="full").exists()
        text = words["all_taken" if is_full else "registered"]
    return said(form, language, {"title": words["confirmed"], "text": text}, "forms/said.html")


def _waiting(secret: str, form: Published) -> Submission | None:
    since = clock.now() - CONFIRMED_WITHIN
    found = Submission.objects.filter(confirmation=fingerprint(secret), received_at__gt=since)
    return found.filter(endpoint__form__address=form["address"]).first()
