"""How Fairlead looks and behaves for the one who uses it."""

from datetime import time
from typing import Literal, Unpack

from typing_extensions import TypedDict

from fairlead.core.actor import Actor
from fairlead.core.changes import change
from fairlead.core.verb import verb
from fairlead.models import User


class ProfileFacts(TypedDict, total=False):
    name: str
    zone: str
    locale: str
    theme: Literal["auto", "light", "dark"]
    density: Literal["comfortable", "compact"]
    shortcuts: bool
    reminder_time: time
    remind_minutes: int | None
    remind_by_mail: bool
    summary_at: time | None
    extension: str
    tip_seen: bool


@verb("{by} changed their settings", may="member", undo_within=None)
def edit_profile(by: Actor, **facts: Unpack[ProfileFacts]) -> User:
    """Change your own name, time zone, locale, theme, density, single-letter keys, reminder time or extension.

    `reminder_time` is on the clock of your zone; tasks without a time remind you then. Tasks with a time do so
    `remind_minutes` before it, with `remind_by_mail` by mail too. `summary_at` is when the mail of the day comes.
    """
    user: User = User.objects.get(pk=by.user_id)
    if facts:
        change(user, **facts)
    return user
