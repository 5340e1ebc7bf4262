"""How often somebody was reached out to lately, as their page says it, and on which day once more is fine."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from fairlead.models.pressure import REACHING, Limits, Pressure, pressure_on
from fairlead.web.beside import Part
from fairlead.web.formats import Reader, local_date


@dataclass(frozen=True)
class Contacts:
    """In the 7 and in the 30 days until today. `calmer`: the day from which it is not too much; None if it is not."""

    week: int
    month: int
    limits: Limits
    full: bool = False
    calmer: date | None = None


def contacts(record: Any, touches: list[Part], house: Any, reader: Reader) -> Contacts:
    """Of the touches that were read beside the record; what is planned is read only when a limit is near."""
    limits = own_limits(record, house)
    days = sorted(local_date(at, reader) for at in {each.pk: each.at for each in touches}.values() if at)
    found = Pressure(days, limits)
    week, month = found.until(reader.today)
    if not found.too_many(reader.today):
        return Contacts(week, month, limits)
    return Contacts(week, month, limits, True, calmer(record, reader.today, reader))


def own_limits(record: Any, house: Any) -> Limits:
    """The person's own where they have some, else the house's."""
    person = record if record.noun() == "person" else getattr(record, "person", None)
    own = (getattr(person, "touches_week", None), getattr(person, "touches_month", None))
    week, month = (theirs if theirs is not None else ours for theirs, ours in zip(own, _of(house), strict=True))
    return Limits(week, month)


def calmer(record: Any, day: date, reader: Reader) -> date | None:
    """The first working day from this one on that takes one more, with all that is planned."""
    found = pressure_on(record, reader.now, reader.zone)
    return found.calmer(day, lambda each: reader.plus_workdays(each, 0) == each)


def crowded(record: Any, kind: str, day: date, reader: Reader) -> tuple[int, date] | None:
    """When one more contact on a day is too much: how many there are in its 7 days, and a calmer day."""
    if kind not in REACHING:
        return None
    found = pressure_on(record, reader.now, reader.zone)
    if not found.too_many(day):
        return None
    better = found.calmer(day, lambda each: reader.plus_workdays(each, 0) == each)
    return (found.until(day)[0], better) if better else None


def _of(house: Any) -> tuple[int | None, int | None]:
    return house.touches_week, house.touches_month
