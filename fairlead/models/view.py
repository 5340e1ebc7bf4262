"""View: a list under a name, with its filters, columns, order and groups; one's own or shared, pinned by people."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fairlead.core.access import NOBODY
from fairlead.core.actor import Actor, covers
from fairlead.core.record import Record, Row, RowQuerySet


class ViewQuerySet(RowQuerySet["View"]):
    def at_hand(self, by: Actor) -> "ViewQuerySet":
        """The live views that this actor sees, in their order, each with `pinned`: the place of their pin, or None."""
        mine = models.FilteredRelation("pins", condition=Q(pins__user_id=by.user_id))
        found: ViewQuerySet = self.visible_to(by).filter(archived_at=None).alias(mine=mine)  # type: ignore[assignment]
        return found.annotate(pinned=models.F("mine__position")).order_by("position", "name", "pk")


class View(Record):
    """What it holds is named as in a list's address, and read anew with the rights of whoever opens it."""

    class Shared(models.TextChoices):
        NOBODY = "nobody", _("Only you")
        TEAM = "team", _("A team")
        EVERYONE = "everyone", _("Everyone")

    class Of(models.TextChoices):
        PEOPLE = "person", _("People")
        COMPANIES = "company", _("Companies")
        LEADS = "lead", _("Leads")
        OPPORTUNITIES = "opportunity", _("Opportunities")

    access_as = "organisation"
    personal = True

    list_of = models.CharField(_("list"), max_length=12, choices=Of.choices)
    name = models.CharField(_("name"), max_length=80)
    owner = models.ForeignKey("User", on_delete=models.PROTECT, related_name="views", verbose_name=_("owner"))
    shared = models.CharField(_("shared with"), max_length=8, choices=Shared.choices, default=Shared.NOBODY)
    team = models.ForeignKey("Team", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    filters = models.JSONField(_("filters"), default=dict, blank=True)
    columns = models.JSONField(_("columns"), default=list, blank=True)
    sort = models.CharField(_("sorted by"), max_length=120, blank=True)
    group = models.CharField(_("grouped by"), max_length=120, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)

    objects: ClassVar = ViewQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("view"), _("views")
        indexes = [models.Index(fields=["list_of", "owner"], name="view_of_a_list")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def governed(cls, by: Actor, action: str) -> Q | None:
        """One's own, and for reading those shared with one; those who run the house look after shared ones."""
        if by.scopes is not None and not covers(by.scopes, f"organisation.{action}"):
            return NOBODY
        own = Q(owner_id=by.user_id)
        if action == "see":
            return own | Q(shared="everyone") | Q(shared="team", team_id__in=by.team_ids)
        return own | ~Q(shared="nobody") if by.level("edit", "organisation") == "all" else own


class Pin(Row):
    """Somebody keeps a view in their sidebar."""

    access_as = "organisation"
    personal = True

    view = models.ForeignKey(View, on_delete=models.CASCADE, related_name="pins")
    user = models.ForeignKey("User", on_delete=models.CASCADE, related_name="pins")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "view"], name="pinned_once")]

    def __str__(self) -> str:
        return str(self.view)

    @classmethod
    def governed(cls, by: Actor, action: str) -> Q | None:
        return Q(user_id=by.user_id)
