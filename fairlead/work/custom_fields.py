"""What follows a change of a custom field in the background: its index, and its words in the search rows."""

from typing import Any

from django.db import transaction

from fairlead.core.outbox import CallOff, Outbox, carries_out, extend
from fairlead.core.record import nouns
from fairlead.models import CustomField, SearchRow
from fairlead.models.custom_index import follow
from fairlead.models.index import reindex
from fairlead.verbs.custom import FOLLOW

PIECE = 500


@carries_out(FOLLOW)
def carry_out(row: Outbox) -> None:
    """Again is as once: the index is made when it is not there, and search rows say what records say."""
    field = CustomField.objects.filter(pk=row.payload["field"]).first()
    if field is None:
        raise CallOff("The field was taken back.")
    follow(field)
    if field.kind == "text" and field.of_noun != "task":
        _renew_words(field, row)


def _renew_words(field: CustomField, row: Outbox) -> None:
    """The search rows of all records with a value, in pieces that let others work."""
    model: Any = nouns()[field.of_noun]
    after = 0
    while ids := _piece(model, field.key, after):
        after = ids[-1]
        if not extend(row):
            return


@transaction.atomic
def _piece(model: Any, key: str, after: int) -> list[int]:
    with_value = model._base_manager.select_for_update(no_key=True).filter(pk__gt=after, custom__has_key=key)
    ids = list(with_value.order_by("pk").values_list("pk", flat=True)[:PIECE])
    if SearchRow.objects.filter(noun=model.noun(), record_id__in=ids).exists():
        reindex(model, ids)
    return ids
