"""How often somebody may be reached out to."""

from django.utils.translation import gettext as _

from fairlead.core.actor import Actor
from fairlead.core.changes import change
from fairlead.core.errors import Invalid
from fairlead.core.verb import verb
from fairlead.models import Person

MOST = 999


@verb("{by} set how often {person} is contacted", may="edit")
def limit_contact(by: Actor, person: Person, *, week: int | None = None, month: int | None = None) -> Person:
    """Say after how many contacts in 7 and in 30 days it is too much for this person; nothing: as for everybody."""
    for name, number in (("week", week), ("month", month)):
        if number is not None and not 0 <= number <= MOST:
            raise Invalid({name: [_("Write a number from 0 to %(most)s.") % {"most": MOST}]})
    change(person, touches_week=week, touches_month=month)
    return person
