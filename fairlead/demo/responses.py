"""What Northgate answers by itself: a thank-you in four languages, a trial with its code, and the seminar."""

import tomllib
from importlib.resources import files
from typing import Any

from fairlead.demo.arrivals import INTAKE
from fairlead.demo.play import Play
from fairlead.models import Form, Occasion, Track
from fairlead.verbs.mail_templates import create_mail_template
from fairlead.verbs.track_definitions import edit_track
from fairlead.verbs.trials import add_trial_codes, create_trial_pool

CODES = 24


def plan(play: Play) -> None:
    play.at(play.days.moment(-28, "10:00"), _templates)
    play.at(play.days.moment(-8, "11:30"), _seminar)


def _templates() -> None:
    said = _read()
    form = Form.objects.get(name="Backup trial")
    pool = create_trial_pool(INTAKE, name="Backup, 30 days", warn_below=5)
    add_trial_codes(
        INTAKE, pool, codes=[f"NGB-{7 * number + 411}-{(number * 7919) % 9000 + 1000}" for number in range(CODES)]
    )
    create_mail_template(INTAKE, name="Thank you", purpose="thank_you", words=said["thank_you"])
    create_mail_template(INTAKE, name="Backup trial", purpose="trial", words=said["trial"], pool=pool)
    made = create_mail_template(INTAKE, name="What you asked for", purpose="materials", words=said["materials"])
    track = Track.objects.get(name="New lead")
    steps: Any = [each.facts for each in track.newest.steps.all()]
    steps[1]["template"] = made.public_id
    edit_track(INTAKE, track, steps=steps)
    create_mail_template(INTAKE, name="Ask about the backup", purpose="materials", words=said["ask"], form=form)


def _seminar() -> None:
    create_mail_template(
        INTAKE, name="Seminar details", purpose="event", words=_read()["seminar"], occasion=Occasion.objects.get()
    )


def _read() -> dict[str, Any]:
    return tomllib.loads((files("fairlead.demo") / "responses.toml").read_text(encoding="utf-8"))
