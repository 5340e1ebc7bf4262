"""Days and moments relative to the present, counted as a firm counts them: in working days."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SATURDAY = 5


@dataclass(frozen=True)
class Days:
    """`now` is the moment everything is relative to, `zone` the clock that times of day are read on."""

    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def day(self, distance: int) -> date:
        """Today for 0, whatever day it is; else the working day so many working days before (-) or after."""
        found, step = self.today, 1 if distance > 0 else -1
        for _ in range(abs(distance)):
            found += timedelta(step)
            while found.weekday() >= SATURDAY:
                found += timedelta(step)
        return found

    def moment(self, distance: int, clock: str) -> datetime:
        """A time of day on such a day, in UTC; never later than now."""
        local = datetime.combine(self.day(distance), time.fromisoformat(clock), self.zone)
        return min(local.astimezone(UTC), self.now)

    def ago(self, minutes: int) -> datetime:
        return self.now - timedelta(minutes=minutes)
