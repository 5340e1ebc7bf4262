"""Custom fields: what an organisation keeps of its records besides the columns that every Fairlead has."""

import secrets
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from fairlead.core import access, act
from fairlead.core.actor import Actor
from fairlead.core.errors import NotUndoable
from fairlead.core.record import Record, is_keyed, key_in, nouns
from fairlead.models.place import known_currency

if TYPE_CHECKING:
    from fairlead.core.act import Change

Fields = Mapping[str, "CustomField"]
NOUNS = ("person", "company", "lead", "opportunity", "task")
LINKED = ("person", "company", "lead", "opportunity")


def new_stamp() -> int:
    return secrets.randbelow(2**48)


class CustomField(Record):
    """The definition of a field: on which noun, under which key, of which kind.

    `choices` are {"key", "name"} in their order; one that is not offered any more is kept with "gone".
    `links_to` is the noun of a link, `currency` that of amounts. A kind never changes: its values stay what they are.
    """

    access_as = "organisation"
    many = "fields"
    derived = frozenset({"stamp"})
    api_hidden = frozenset({"stamp"})

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        NUMBER = "number", _("Number")
        MONEY = "money", _("Money")
        DATE = "date", _("Date")
        CHOICE = "choice", _("Choice")
        CHOICES = "choices", _("Several choices")
        YES_NO = "yes_no", _("Yes or no")
        LINK = "link", _("Link to a record")

    class Class(models.TextChoices):
        NORMAL = "normal", _("Normal")
        MONEY = "money", _("Money")
        PRIVATE = "private", _("Private")

    of_noun = models.CharField(_("on"), max_length=20, choices=[(noun, noun) for noun in NOUNS])
    key = models.CharField(_("key"), max_length=40)
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    choices = models.JSONField(_("choices"), default=list, blank=True)
    links_to = models.CharField(_("links to"), max_length=20, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True, validators=[known_currency])
    field_class = models.CharField(_("who sees it"), max_length=8, choices=Class.choices, default=Class.NORMAL)
    hint = models.CharField(_("help"), max_length=200, blank=True)
    position = models.PositiveIntegerField(_("place"), default=0)
    filterable = models.BooleanField(_("lists can be narrowed by it"), default=False)
    # Another number after every change, so that others notice it at the cost of adding these up.
    stamp = models.BigIntegerField(default=new_stamp, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("custom field"), _("custom fields")
        ordering: ClassVar = ["of_noun", "position", "pk"]
        constraints = [models.UniqueConstraint(fields=["of_noun", "key"], name="one_custom_field_per_key")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def noun(cls) -> str:
        return "field"

    @property
    def full_key(self) -> str:
        """Its name wherever fields are named: x.size."""
        return f"x.{self.key}"

    @property
    def is_live(self) -> bool:
        return self.archived_at is None

    @property
    def offered(self) -> list[tuple[str, str]]:
        """The choices there are for new values."""
        return [(each["key"], each["name"]) for each in self.choices if not each.get("gone")]

    def choice_name(self, key: Any) -> str:
        return next((str(each["name"]) for each in self.choices if each["key"] == key), str(key))

    @classmethod
    def derive(cls, changes: "Sequence[Change]") -> None:
        for each in changes:
            if each.op == "remove" and _has_values(each.row):
                raise NotUndoable(_("Records have values in %(field)s. Archive it instead.") % {"field": each.row})
            cls._base_manager.filter(pk=each.row.pk).update(stamp=new_stamp())
        (act.remembered() or {}).pop("custom fields", None)


class Customised(models.Model):
    """A noun with custom fields: their values by key, as `custom_values.stored` makes them."""

    keyed: ClassVar[str] = "custom"

    custom = models.JSONField(_("custom fields"), default=dict, blank=True, editable=False)

    class Meta:
        abstract = True

    @classmethod
    def classes(cls) -> Mapping[str, str]:
        found = fields_of(cls.noun()).values()  # type: ignore[attr-defined]
        own = {field.full_key: field.field_class for field in found if field.field_class != "normal"}
        return {**cls.field_classes, **own}  # type: ignore[attr-defined]

    @classmethod
    def word_for(cls, name: str) -> str:
        if not is_keyed(name):
            return str(super().word_for(name))  # type: ignore[misc]
        field = fields_of(cls.noun()).get(key_in(name))  # type: ignore[attr-defined]
        return field.name if field else key_in(name)

    @classmethod
    def keyed_shown(cls, held: Sequence[Mapping[str, Any]], by: Actor) -> list[dict[str, Any]]:
        from fairlead.models.custom_values import for_programs

        return for_programs(seen_fields(by, cls.noun()), held, by)  # type: ignore[attr-defined]


def _has_values(field: Any) -> bool:
    model: Any = nouns()[field.of_noun]
    return bool(model._base_manager.filter(custom__has_key=field.key).exists())


# --- the definitions, read once for a request --------------------------------------------------------------------

_known: tuple[tuple[int, int], dict[str, dict[str, CustomField]]] = ((0, 0), {})


def fields_of(noun: str) -> Fields:
    """Every custom field of a noun by its key, in their order, archived ones too."""
    return _all().get(noun, {})


def state_of_fields() -> tuple[int, int]:
    """Another one after every change of a custom field."""
    return _read()[0]


def live_fields(noun: str) -> list[CustomField]:
    return [field for field in fields_of(noun).values() if field.is_live]


def seen_fields(by: Actor, noun: str) -> dict[str, CustomField]:
    """The custom fields of a noun that this actor's role lets them see, by key, in their order."""
    hidden = access.hidden(by, nouns()[noun])
    return {field.key: field for field in live_fields(noun) if field.full_key not in hidden}


def _all() -> dict[str, dict[str, CustomField]]:
    return _read()[1]


def _read() -> tuple[tuple[int, int], dict[str, dict[str, CustomField]]]:
    """Asked of the database once in a request; read anew only after a change."""
    memory = act.remembered()
    if memory is None:
        return _fresh()
    if "custom fields" not in memory:
        memory["custom fields"] = _fresh()
    found: tuple[tuple[int, int], dict[str, dict[str, CustomField]]] = memory["custom fields"]
    return found


def _fresh() -> tuple[tuple[int, int], dict[str, dict[str, CustomField]]]:
    global _known
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), coalesce(sum(stamp), 0) FROM fairlead_customfield")
        count, stamps = cursor.fetchone()
    mark, known = (int(count), int(stamps)), _known
    if mark != known[0]:
        found: dict[str, dict[str, CustomField]] = {}
        for field in CustomField.objects.order_by("position", "pk"):
            found.setdefault(field.of_noun, {})[field.key] = field
        known = _known = (mark, found)
    return known
