"""What a story asks the history."""

from uuid import UUID

from fairlead.core import act
from fairlead.core.event import timeline
from fairlead.core.verb import tell
from fairlead.models.owned import Owned


def deeds(record: Owned) -> list[str]:
    """The deeds on a record, and on what is linked to it, as sentences in the order in which they were done."""
    found = timeline(record.linked(), size=200)
    return ["".join(part.text for part in tell(event)) for _at, event in sorted(found, key=lambda each: each[1].pk)]


def last_act() -> UUID:
    """The act that was done last: what a page offers to undo."""
    done = act.last()
    assert done is not None
    return done.id
