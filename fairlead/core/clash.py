"""Two people edit one record: their changes unite, unless both touched the same field."""

from typing import Any

from django.utils.translation import gettext as _

from fairlead.core.errors import Conflict
from fairlead.core.event import Event
from fairlead.core.record import Record, dump


def check_version(record: Record, version: int | None, values: dict[str, Any]) -> None:
    """Raise Conflict when a field in `values` was changed to something else after `version` was read.

    `version` None: the caller saw no version and means to overwrite. The conflict carries both values.
    """
    if version is None or record.version <= version:
        return
    later = _changed_after(record, version)
    names = [name for name in values if name in later]
    now = dump(record, names)
    clashing = {}
    for name in names:
        mine = _packed(values[name])
        if mine != now[name]:
            clashing[name] = {"yours": mine, "theirs": now[name]}
    if clashing:
        who = later[next(iter(clashing))].by_label
        text = _("%(who)s changed this while you were editing. Keep yours or keep theirs.") % {"who": who}
        raise Conflict(text, clashing, who=who, version=record.version)


def _changed_after(record: Record, version: int) -> dict[str, Event]:
    """The fields changed since that version, each with its latest event."""
    found: dict[str, Event] = {}
    linked = Event.objects.filter(links__kind=record.noun(), links__record_id=record.pk).order_by("-id")
    for event in linked.iterator(chunk_size=20):
        versions = [after.get("version") or 0 for noun, pk, _op, _before, after in event.changes if pk == record.pk]
        if versions and max(versions) <= version:
            break
        for name in event.before_after(record.noun(), record.pk):
            found.setdefault(name, event)
    return found


def _packed(value: Any) -> Any:
    if isinstance(value, Record):
        return value.pk
    return value.isoformat() if hasattr(value, "isoformat") else value
