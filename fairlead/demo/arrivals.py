"""Arrivals of the demo world: endpoints, a call that nobody took, and a submission of each kind that keeps no lead."""

import base64
import json
from typing import Any
from urllib.parse import urlencode

from fairlead.core import clock
from fairlead.core.actor import system
from fairlead.demo.play import Play
from fairlead.models import Endpoint
from fairlead.models.endpoint import Kind
from fairlead.verbs.endpoints import create_endpoint
from fairlead.verbs.submissions import process_submission, receive_submissions

INTAKE = system("inquiries", label="Fairlead")
FORM = "application/x-www-form-urlencoded"
ROBOT = {"your-name": "Best SEO", "your-email": "rank@seo.example", "honeypot": "https://seo.example", "_wpcf7": "6"}
UNREACHABLE = {"your-name": "Hugh", "your-message": "Ring me back when you can", "_wpcf7": "6"}
UNSIGNED = {"form_response": {"token": "t1", "answers": [{"type": "email", "email": "x@forged.example", "field": {}}]}}
TOLD_APART = {"entry": [{"changes": [{"field": "leadgen", "value": {"leadgen_id": "4471", "form_id": "12"}}]}]}

MISSED = {"id": "20417", "number": "01632 961888", "status": "missed", "to": "020 7946 0100"}


def plan(play: Play) -> None:
    website: tuple[str, Kind] = ("Website contact form", "cf7")
    survey: tuple[str, Kind] = ("Security check survey", "typeform")
    adverts: tuple[str, Kind] = ("Facebook adverts", "meta")
    telephone: tuple[str, Kind] = ("Telephone system", "calls")
    for days, (name, kind) in ((-58, website), (-57, survey), (-56, adverts), (-55, telephone)):
        play.at(play.days.moment(days, "09:00"), create_endpoint, INTAKE, name=name, kind=kind)
    play.at(play.days.moment(-3, "02:14"), _arrive, website, urlencode(ROBOT), FORM)
    play.at(play.days.moment(-2, "17:48"), _arrive, website, urlencode(UNREACHABLE), FORM)
    refused = "The signature does not fit the signing key of this endpoint."
    play.at(play.days.moment(-2, "11:05"), _arrive, survey, json.dumps(UNSIGNED), "application/json", refused=refused)
    play.at(play.days.moment(-1, "15:32"), _arrive, adverts, json.dumps(TOLD_APART), "application/json")
    play.at(play.days.moment(-1, "16:48"), _arrive, telephone, urlencode(MISSED), FORM)


def _arrive(at: tuple[str, Kind], body: str, content_type: str, refused: str = "") -> None:
    endpoint = Endpoint.objects.get(name=at[0])
    arrival: Any = {"body": base64.b64encode(body.encode()).decode(), "content_type": content_type}
    arrival |= {"received_at": clock.now(), "refused": refused}
    for submission in receive_submissions(INTAKE, endpoint, arrivals=[arrival]):
        if not refused:
            process_submission(INTAKE, submission)
