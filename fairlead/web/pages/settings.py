"""Settings: the frame that its pages share, and one's own profile."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.models.place import locales, zones
from fairlead.verbs.profiles import edit_profile
from fairlead.web.forms import Form
from fairlead.web.page import Request, done, page, render
from fairlead.web.sessions import remember_look

# group: (label, address, what it needs)
GROUPS: dict[Any, tuple[tuple[Any, str, str], ...]] = {
    gettext_lazy("You"): (
        (gettext_lazy("Profile"), "/settings", "member"),
        (gettext_lazy("Password"), "/settings/password", "member"),
        (gettext_lazy("Linked account"), "/settings/linked-account", "member"),
        (gettext_lazy("Second factor"), "/settings/second-factor", "member"),
        (gettext_lazy("Sessions"), "/settings/sessions", "member"),
        (gettext_lazy("Tokens"), "/settings/tokens", "member"),
        (gettext_lazy("Runs"), "/runs", "member"),
        (gettext_lazy("Time off"), "/settings/absences", "absence.see"),
    ),
    gettext_lazy("Organisation"): (
        (gettext_lazy("Organisation"), "/settings/organisation", "organisation.edit"),
        (gettext_lazy("Fields"), "/settings/fields", "organisation.edit"),
        (gettext_lazy("Currencies"), "/settings/rates", "organisation.edit"),
        (gettext_lazy("Pipelines"), "/settings/pipelines", "organisation.edit"),
        (gettext_lazy("Competitors"), "/settings/competitors", "organisation.edit"),
        (gettext_lazy("Reasons"), "/settings/reasons", "organisation.edit"),
        (gettext_lazy("Lead rules"), "/settings/rules", "organisation.edit"),
        (gettext_lazy("Queues"), "/settings/queues", "organisation.edit"),
        (gettext_lazy("Products"), "/settings/products", "organisation.edit"),
        (gettext_lazy("Schedules"), "/settings/schedules", "organisation.edit"),
        (gettext_lazy("Endpoints"), "/settings/endpoints", "organisation.edit"),
        (gettext_lazy("Mailboxes"), "/settings/mailboxes", "organisation.edit"),
        (gettext_lazy("Mail"), "/settings/mail", "organisation.edit"),
        (gettext_lazy("Mail templates"), "/settings/mail-templates", "organisation.edit"),
        (gettext_lazy("Trial access"), "/settings/trials", "organisation.edit"),
    ),
    gettext_lazy("People and rights"): (
        (gettext_lazy("People"), "/settings/people", "organisation.edit"),
        (gettext_lazy("Teams"), "/settings/teams", "organisation.edit"),
        (gettext_lazy("Roles"), "/settings/roles", "organisation.edit"),
        (gettext_lazy("Sign-in rules"), "/settings/sign-in", "organisation.edit"),
    ),
    gettext_lazy("History"): (
        (gettext_lazy("Changes"), "/settings/changes", "organisation.edit"),
        (gettext_lazy("Audit"), "/settings/audit", "event.export"),
    ),
}
THEMES = [("auto", gettext_lazy("As the device")), ("light", gettext_lazy("Light")), ("dark", gettext_lazy("Dark"))]
AHEAD: list[tuple[Any, Any]] = [
    ("", gettext_lazy("Never")),
    (0, gettext_lazy("At their time")),
    *((each, gettext_lazy("%s min before") % each) for each in (5, 10, 15, 30)),
    (60, gettext_lazy("1 h before")),
    (120, gettext_lazy("2 h before")),
    (1440, gettext_lazy("A day before")),
]
DENSITIES = [("comfortable", gettext_lazy("Comfortable")), ("compact", gettext_lazy("Compact"))]


class Profile(Form):
    name = forms.CharField(max_length=200)
    zone = forms.ChoiceField(choices=lambda: [(zone, zone) for zone in zones()])
    locale = forms.ChoiceField(choices=lambda: list(locales().items()))
    theme = forms.ChoiceField(choices=THEMES)
    density = forms.ChoiceField(choices=DENSITIES)
    shortcuts = forms.BooleanField(required=False)
    extension = forms.CharField(required=False, max_length=60)
    reminder_time = forms.TimeField(widget=forms.TimeInput(format="%H:%M"))
    remind_minutes = forms.TypedChoiceField(choices=AHEAD, coerce=int, empty_value=None, required=False)
    remind_by_mail = forms.BooleanField(required=False)
    summary_at = forms.TimeField(widget=forms.TimeInput(format="%H:%M"), required=False)


@page("member", "GET", "POST")
def profile(request: Request) -> HttpResponse:
    user = request.user
    form = Profile(request.POST, initial={name: getattr(user, name) for name in Profile.base_fields})
    if request.method == "POST" and form.carried_out(lambda **facts: edit_profile(request.by, **facts)):
        answer = done(request, "/settings", _("Settings saved."))
        remember_look(answer, form.result)
        return answer
    return show(request, "settings/profile.html", {"form": form}, status=form.status)


def show(request: Request, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A page of the settings, with all that this reader may open beside it, in groups."""
    groups = [(label, sections(entries, request.by, request.path)) for label, entries in GROUPS.items()]
    return render(request, template, {"groups": [each for each in groups if each[1]], **context}, status=status)


def sections(entries: Iterable[tuple[Any, str, str]], by: Actor, path: str) -> list[dict[str, Any]]:
    return [
        {"label": label, "url": url, "current": path == url or (url != "/settings" and path.startswith(f"{url}/"))}
        for label, url, may in entries
        if url not in _beside_the_point()
        if may == "member" or access.can_any(by, may.partition(".")[2], may.partition(".")[0])
    ]


def _beside_the_point() -> set[str]:
    """Pages for ways to sign in that this installation has not."""
    password = {"/settings/password"} if settings.OIDC_ONLY else set()
    return password if settings.OIDC_ISSUER else {"/settings/linked-account"}
