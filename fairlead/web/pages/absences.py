"""Time off: who is away, and planning it."""

from typing import cast

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairlead.core import access
from fairlead.models import Absence, User
from fairlead.verbs.schedules import add_absence, remove_absence
from fairlead.web.forms import Form
from fairlead.web.page import Request, done, page, record_or_404
from fairlead.web.pages.settings import show


class Away(Form):
    user = forms.ModelChoiceField(User.objects.none(), to_field_name="public_id", empty_label=None)
    starts_on = forms.DateField()
    ends_on = forms.DateField()
    delegate = forms.ModelChoiceField(
        User.objects.none(), to_field_name="public_id", required=False, empty_label=gettext_lazy("Nobody")
    )


@page("absence.see", "GET", "POST")
def index(request: Request) -> HttpResponse:
    form = _form(request)
    if request.method == "POST" and form.carried_out(lambda **facts: add_absence(request.by, **facts)):
        return done(request, "/settings/absences", _("Time off planned."))
    coming = Absence.objects.visible_to(request.by).filter(ends_on__gte=request.reader.today)
    absences = coming.select_related("user", "delegate").order_by("starts_on", "pk")
    context = {
        "form": form,
        "absences": absences,
        "editable": set(absences.reached_by(request.by, "edit").values_list("pk", flat=True)),
        "may_plan": access.can_any(request.by, "create", "absence"),
    }
    return show(request, "settings/absences.html", context, status=form.status)


@page("absence.edit", "POST")
def remove(request: Request, public_id: str) -> HttpResponse:
    remove_absence(request.by, cast(Absence, record_or_404(request, "absence", public_id)))
    return done(request, "/settings/absences", _("Time off taken back."))


def _form(request: Request) -> Away:
    """One plans for oneself, or for those whose absences one may edit."""
    form, level = Away(request.POST, initial={"user": request.user.public_id}), request.by.level("edit", "absence")
    colleagues = User.objects.active().order_by("name")
    mine = {"all": colleagues, "team": colleagues.filter(pk__in=request.by.teammate_ids)}
    _choose_from(form, "user", mine.get(level, colleagues.filter(pk=request.user.pk)))
    _choose_from(form, "delegate", colleagues)
    return form


def _choose_from(form: Away, name: str, users: QuerySet[User]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = users
