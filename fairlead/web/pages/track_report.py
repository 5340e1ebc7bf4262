"""What a track does, as a page: a sentence with how sure it is, and its steps in figures."""

from typing import cast

from django.http import HttpResponse
from django.utils.translation import gettext as _

from fairlead.models import Track
from fairlead.programs.track_report import Effect, track_report
from fairlead.web.page import Request, page, record_or_404, render

WORDS = {
    "opportunity": (_("Won with it"), _("Won without it")),
    "lead": (_("Qualified with it"), _("Qualified without it")),
}


@page("organisation.see")
def show(request: Request, public_id: str) -> HttpResponse:
    track = cast(Track, record_or_404(request, "track", public_id))
    report = track_report(request.by, track)
    effects = [(effect, WORDS[effect.noun], _verdict(effect)) for effect in report.effects]
    return render(request, "tracks/report.html", {"track": track, "report": report, "effects": effects})


def _verdict(effect: Effect) -> str:
    """The difference in words, and whether it is more than chance would make."""
    if not (effect.with_it.of and effect.without.of):
        return _("Nothing to compare yet: both with and without it, some must have been closed.")
    share, low, high = (round(100 * each) for each in effect.difference)
    points = _("%(share)+d points with the track, likely between %(low)+d and %(high)+d.")
    said = points % {"share": share, "low": low, "high": high}
    if not effect.is_sure:
        return f"{said} " + _("That can be chance.")
    return f"{said} " + _("That is more than chance; it does not say why: people choose whom a track is for.")
