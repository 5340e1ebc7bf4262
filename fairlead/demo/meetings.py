"""Meetings of the demo world: planned for the days to come, some of them answered. Nobody outside gets mail."""

from datetime import UTC, datetime, time, timedelta

from fairlead.demo.play import Facts, Play, some
from fairlead.models import User
from fairlead.verbs.meetings import answer_meeting, book_meeting


def plan(play: Play, data: Facts) -> None:
    """Booked yesterday, one a minute after the other."""
    for minute, facts in enumerate(data["meeting"]):
        play.at(play.days.moment(-1, f"17:{minute:02}"), _book, play, facts)


def _book(play: Play, facts: Facts) -> None:
    by, colleagues, people = play.actors[facts["by"]], facts.get("colleagues", {}), facts.get("people", {})
    users = {name: User.objects.get(pk=play.actors[name].user_id) for name in colleagues}
    starts = datetime.combine(play.days.day(facts["on"]), time.fromisoformat(facts.get("at", "00:00")), play.days.zone)
    lasts = timedelta(days=facts["days"]) if "days" in facts else timedelta(minutes=facts["minutes"])
    meeting = book_meeting(
        by,
        play.made.get(facts.get("about", "")),
        title=facts["title"],
        starts_at=starts.astimezone(UTC),
        ends_at=starts.astimezone(UTC) + lasts,
        all_day="days" in facts,
        colleagues=list(users.values()),
        people=[play.made[name] for name in people],
        tell=False,
        **some(facts, "place", "link", "note"),
    )
    answers = {users[name].name: answer for name, answer in colleagues.items()} | people
    for name, answer in answers.items():
        if answer != "needs_action":
            answer_meeting(by, meeting, answer=answer, who=name)
