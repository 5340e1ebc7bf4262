"""Meetings: booked, moved, cancelled, held; and what those invited answer."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, Unpack
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from typing_extensions import TypedDict

from fairlead.core import access, clock
from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create, remove
from fairlead.core.clash import check_version
from fairlead.core.errors import Invalid, NotAllowed, WrongState
from fairlead.core.verb import verb
from fairlead.models import Activity, Attendee, Meeting, Person, User, normal
from fairlead.models.about import place
from fairlead.models.meeting import FIRST_YEAR, LAST_YEAR, LONGEST, local_moment
from fairlead.models.place import known_zone
from fairlead.models.subject import Subject
from fairlead.verbs.activities import Happening, log_meeting
from fairlead.verbs.invitations import call_off, invite, tell_organiser, when
from fairlead.verbs.outgoing import may_mail
from fairlead.verbs.track_pauses import met

USUALLY = timedelta(hours=1)
MOST_GUESTS = 100
# What guests are told of when it changes.
TOLD = frozenset({"title", "starts_at", "ends_at", "all_day", "place", "link", "note", "zone"})
WHEN = frozenset({"starts_at", "ends_at", "all_day"})
Answer = Literal["accepted", "declined", "tentative", "needs_action"]


class MeetingFacts(TypedDict, total=False):
    zone: str
    all_day: bool
    place: str
    link: str
    note: str


@verb("{by} booked “{it}”, {when}", may="task.create")
def book_meeting(
    by: Actor,
    about: Subject | None = None,
    *,
    title: str,
    starts_at: datetime,
    ends_at: datetime | None = None,
    colleagues: list[User] | None = None,
    people: list[Person] | None = None,
    addresses: list[str] | None = None,
    organiser: User | None = None,
    tell: bool = True,
    **facts: Unpack[MeetingFacts],
) -> Meeting:
    """Book a meeting, an hour long if its end is not said, and invite guests by mail (not if `tell` is false).

    Days of an `all_day` one are read on the clock of `zone`, which is yours if it is not said.
    """
    holds = organiser or _self(by)
    values = {"zone": holds.zone} | dict(facts)
    values |= _span(starts_at, ends_at or _on_the_calendar(starts_at) + USUALLY, values)
    about_one = place(about) if about is not None else {}
    meeting = create(Meeting, **about_one, title=_title(title), organiser=holds, revised_at=clock.now(), **values)
    guests = _invite(meeting, colleagues or [], people or [], addresses or [])
    _label("when", when(meeting))
    if tell:
        invite(meeting, guests)
    if about is not None:
        met(by, about)
    return meeting


@verb("{by} edited the meeting “{meeting}”", may="edit")
def edit_meeting(
    by: Actor,
    meeting: Meeting,
    *,
    title: str | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    version: int | None = None,
    **facts: Unpack[MeetingFacts],
) -> Meeting:
    """Change a meeting; invited guests are told, and asked again when its time changes."""
    values: dict[str, Any] = dict(facts) | ({"title": _title(title)} if title is not None else {})
    begins = starts_at or meeting.starts_at
    ends = ends_at or _moved(meeting, begins)
    if {"all_day", "zone"} & values.keys() or starts_at or ends_at:
        values |= _span(begins, ends, {"zone": meeting.zone, "all_day": meeting.all_day} | values)
    check_version(meeting, version, values)
    _change(meeting, values)
    return meeting


@verb("{by} moved “{meeting}” to {when}", may="edit")
def move_meeting(
    by: Actor, meeting: Meeting, *, starts_at: datetime, ends_at: datetime | None = None, version: int | None = None
) -> Meeting:
    """Move a meeting; it takes as long as before, unless its end is said too. Invited guests are told."""
    ends = ends_at or _moved(meeting, starts_at)
    values = _span(starts_at, ends, {"zone": meeting.zone, "all_day": meeting.all_day})
    check_version(meeting, version, values)
    _change(meeting, values)
    _label("when", when(meeting))
    return meeting


@verb("{by} cancelled the meeting “{meeting}”", may="edit")
def cancel_meeting(by: Actor, meeting: Meeting, *, reason: str = "") -> Meeting:
    """Cancel a meeting; invited guests are told, with the reason. One that was held stays so."""
    if meeting.state == Meeting.State.CANCELLED:
        return meeting
    change(meeting, state="cancelled", sequence=meeting.sequence + 1, revised_at=clock.now())
    call_off(meeting, meeting.attendees.order_by("pk"), reason)
    return meeting


@verb("{by} held the meeting “{meeting}”", may="edit")
def hold_meeting(by: Actor, meeting: Meeting, *, text: str = "", **happening: Unpack[Happening]) -> Meeting:
    """Say that a meeting took place, and log it on its record with what came of it and what comes next."""
    if meeting.state == Meeting.State.HELD:
        return meeting
    if meeting.starts_at > clock.now() + timedelta(minutes=5):
        raise WrongState(_("“%(meeting)s” has not begun yet. Move it, or hold it afterwards.") % {"meeting": meeting})
    change(meeting, state="held", activity=_logged(by, meeting, text, happening))
    return meeting


@verb("{by} invited {count} to “{meeting}”", may="edit")
def invite_guests(
    by: Actor,
    meeting: Meeting,
    *,
    colleagues: list[User] | None = None,
    people: list[Person] | None = None,
    addresses: list[str] | None = None,
    tell: bool = True,
) -> Meeting:
    """Invite more guests, by mail (not if `tell` is false); those who are invited already stay as they are."""
    guests = _invite(meeting, colleagues or [], people or [], addresses or [])
    count = ngettext("%(number)s guest", "%(number)s guests", len(guests))
    _label("count", count % {"number": len(guests)})
    if tell and meeting.is_open:
        invite(meeting, guests)
    return meeting


@verb("{by} took {who} off “{meeting}”", may="edit")
def remove_guest(by: Actor, meeting: Meeting, *, who: str) -> Meeting:
    """Take a guest off, by address or name; one who was invited by mail is told."""
    guest = _guest(meeting, who)
    call_off(meeting, [guest])
    remove(guest)
    return meeting


@verb("{guest} answered “{meeting}”: {said}", may="member")
def answer_meeting(by: Actor, meeting: Meeting, *, answer: Answer, who: str = "", comment: str = "") -> Meeting:
    """Answer an invitation: your own, or by address or name that of a guest who told you."""
    guest = _guest(meeting, who) if who else meeting.attendees.filter(user_id=by.user_id or 0).first()
    if guest is None:
        raise Invalid({"answer": [_("You are not invited to this meeting.")]})
    if guest.user_id != by.user_id and not access.can(by, "edit", meeting):
        raise NotAllowed(_("Only who may edit the meeting answers for others. Nothing was changed."))
    _label("guest", str(guest))
    note_answer(meeting, guest, answer, clock.now(), comment, by)
    _label("said", guest.get_answer_display().lower())
    return meeting


def note_answer(
    meeting: Meeting, guest: Attendee, answer: str, at: datetime, comment: str = "", by: Actor | None = None
) -> bool:
    """Keep a guest's answer in the running act and tell who holds the meeting, unless they noted it themselves; False
    if it was so already."""
    if not change(guest, answer=answer, answered_at=at if answer != "needs_action" else None):
        return False
    if (by is None or by.user_id != meeting.organiser_id) and answer != "needs_action":
        said = {"who": str(guest), "answer": guest.get_answer_display().lower(), "meeting": meeting.title}
        subject = _("%(who)s: %(answer)s (%(meeting)s)") % said
        tell_organiser(meeting, subject, subject + (f"\n\n{comment[:1000]}" if comment else ""))
    return True


# --- what follows ------------------------------------------------------------------------------------------------


def _change(meeting: Meeting, values: dict[str, Any]) -> None:
    """Change it; what guests were told of before, they are told again, in the next sequence."""
    if meeting.state == Meeting.State.CANCELLED:
        raise WrongState(_("“%(meeting)s” was cancelled. Book a new one.") % {"meeting": meeting})
    differing = {name for name, value in values.items() if getattr(meeting, name) != value}
    if not differing:
        return
    news: dict[str, Any] = {"sequence": meeting.sequence + 1, "revised_at": clock.now()} if differing & TOLD else {}
    news |= {"asked_in": meeting.sequence + 1} if differing & WHEN else {}
    change(meeting, **values, **news)
    guests = list(meeting.attendees.order_by("pk"))
    for guest in guests if differing & WHEN else []:
        if guest.user_id != meeting.organiser_id:
            change(guest, answer="needs_action", answered_at=None)
    if news and meeting.is_open:
        invite(meeting, [guest for guest in guests if guest.invited])


def _moved(meeting: Meeting, begins: datetime) -> datetime:
    """When it ends, if it begins then and takes as long as before: of whole days as many days."""
    if not meeting.all_day:
        return _on_the_calendar(begins) + (meeting.ends_at - meeting.starts_at)
    day = _on_the_calendar(begins).astimezone(meeting.tz).date() + (meeting.last_day - meeting.first_day)
    return local_moment(day, time(12), meeting.tz)


def _span(begins: datetime, ends: datetime, values: dict[str, Any]) -> dict[str, datetime]:
    """Begin and end as they are kept: of whole days from midnight to midnight, on the clock of the zone."""
    begins, ends = _on_the_calendar(begins), _on_the_calendar(ends, "ends_at")
    if values.get("all_day"):
        _known(values["zone"])
        zone = ZoneInfo(values["zone"])
        last = (ends - timedelta(microseconds=1)).astimezone(zone).date()
        begins = _midnight(begins.astimezone(zone).date(), zone)
        ends = _midnight(max(last, begins.astimezone(zone).date()) + timedelta(days=1), zone)
    if ends <= begins:
        raise Invalid({"ends_at": [_("It ends before it begins.")]})
    if ends - begins > LONGEST:
        raise Invalid({"ends_at": [_("A meeting takes at most 31 days.")]})
    return {"starts_at": begins.astimezone(UTC), "ends_at": ends.astimezone(UTC)}


def _on_the_calendar(moment: datetime, name: str = "starts_at") -> datetime:
    """The moment, if every clock of the world can show it and what is near it."""
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        years = {"first": FIRST_YEAR, "last": LAST_YEAR}
        raise Invalid({name: [_("Choose a day between the years %(first)s and %(last)s.") % years]})
    return moment


def _known(zone: str) -> None:
    try:
        known_zone(zone)
    except ValidationError as error:
        raise Invalid({"zone": error.messages}) from None


def _midnight(day: date, zone: Any) -> datetime:
    return local_moment(day, time(), zone)


def _logged(by: Actor, meeting: Meeting, text: str, happening: Happening) -> Activity | None:
    """Its entry on the record that it is about; one about nothing has none."""
    if meeting.about is None:
        return None
    length = int((meeting.ends_at - meeting.starts_at).total_seconds() // 60)
    facts: Happening = {"happened_at": meeting.starts_at, "minutes": None if meeting.all_day else length}
    facts.update(happening)
    facts["happened_at"] = min(facts["happened_at"], clock.now())
    return log_meeting(by, meeting.about, text=text or meeting.title, **facts)


def _invite(meeting: Meeting, colleagues: list[User], people: list[Person], addresses: list[str]) -> list[Attendee]:
    """Add these guests, each once; returns those that are new."""
    whom: list[User | Person | str] = [*colleagues, *people, *addresses]
    wanted = [_facts_of(each) for each in whom]
    held = list(meeting.attendees.all())
    if len(held) + len(wanted) > MOST_GUESTS:
        raise Invalid({"addresses": [_("At most %(most)s guests can be invited.") % {"most": MOST_GUESTS}]})
    known = {each.address for each in held} - {""} | {each.person_id for each in held} - {None}
    made = []
    for facts in wanted:
        ids = {facts["address"], getattr(facts.get("person"), "pk", None)} - {"", None}
        if ids & known:
            continue
        known |= ids
        made.append(create(Attendee, meeting=meeting, **facts))
    return made


def _facts_of(guest: User | Person | str) -> dict[str, Any]:
    if isinstance(guest, User):
        return {"user": guest, "name": guest.name, "address": guest.email.lower()}
    if isinstance(guest, Person):
        first = guest.mails.order_by("position", "pk").first()
        return {"person": guest, "name": guest.name, "address": first.normal if first else ""}
    if not (address := normal.mail(guest)):
        raise Invalid({"addresses": [_("%(text)s is not an e-mail address.") % {"text": guest[:100]}]})
    colleague: User | None = User.objects.active().filter(email__iexact=address).first()
    return _facts_of(colleague) if colleague else {"address": address, "name": ""}


def _guest(meeting: Meeting, who: str) -> Attendee:
    plain = " ".join(who.split()).lower()
    found = [each for each in meeting.attendees.order_by("pk") if plain in {each.address.lower(), each.name.lower()}]
    if not found or not plain:
        raise Invalid({"who": [_("%(who)s is not invited to this meeting.") % {"who": who[:100]}]})
    return found[0]


def stopped(guest: Attendee) -> bool:
    """Did this guest ask not to be mailed, so that no invitation was sent?"""
    return bool(guest.address) and not guest.user_id and not may_mail(guest.address, "meeting").allowed


def _label(word: str, text: str) -> None:
    """What a word of the sentence says."""
    current().step.labels[word] = text


def _title(title: str) -> str:
    if not title.strip():
        raise Invalid({"title": [_("A meeting needs a title.")]})
    return " ".join(title.split())


def _self(by: Actor) -> User:
    user: User | None = User.objects.filter(pk=by.user_id).first()
    if user is None:
        raise Invalid({"organiser": [_("Say who holds the meeting.")]})
    return user
