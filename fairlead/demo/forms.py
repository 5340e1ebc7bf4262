"""Forms of the demo world: one of each kind, published, and the seminar that one of them is for."""

from datetime import datetime, time, timedelta
from typing import Any

from fairlead.demo.arrivals import INTAKE
from fairlead.demo.play import Play
from fairlead.models import Campaign, Form, Source
from fairlead.verbs.endpoints import create_campaign
from fairlead.verbs.form_fields import add_form_field, edit_form_field, move_form_field
from fairlead.verbs.forms import create_form, edit_form, publish_form, translate_form
from fairlead.verbs.occasions import create_occasion

SITE = "https://www.northgate.example"
CONSENT = "You may write to me about news and events."
NEEDS = ("Managed IT", "Cyber security", "Backup", "Something else")
GERMAN: Any = {
    "title": "Schreiben Sie uns",
    "intro": "Sagen Sie uns, was fehlt. Wir antworten innerhalb eines Arbeitstages.",
    "button": "Nachricht senden",
    "consent": "Sie dürfen mir über Neuigkeiten und Veranstaltungen schreiben.",
    "fields": {
        "name": {"label": "Ihr Name"},
        "email": {"label": "E-Mail"},
        "phone": {"label": "Telefon"},
        "company_name": {"label": "Firma"},
        "message": {"label": "Nachricht"},
        "what_is_it_about": {"label": "Worum geht es?", "choices": {"something_else": "Etwas anderes"}},
    },
}


def plan(play: Play) -> None:
    play.at(play.days.moment(-30, "10:00"), _contact)
    play.at(play.days.moment(-29, "10:00"), _trial)
    play.at(play.days.moment(-9, "11:00"), _seminar, play)


def _contact() -> None:
    made = create_form(INTAKE, name="Contact us", kind="contact", title="Write to us", origins=[SITE])
    add_form_field(
        INTAKE, made, label="What is it about?", kind="choice", becomes="interest", choices=[{"name": n} for n in NEEDS]
    )
    move_form_field(INTAKE, made, key="what_is_it_about", before="message")
    words: Any = {"intro": "Say what is missing. We answer within a working day.", "button": "Send message"}
    _published(made, consent=CONSENT, **words)
    translate_form(INTAKE, made, language="de", words=GERMAN)


def _trial() -> None:
    made = create_form(INTAKE, name="Backup trial", kind="trial", title="Try our backup for 30 days", origins=[SITE])
    edit_form_field(INTAKE, made, key="message", label="How much data is it?", hint="Roughly, in gigabytes.")
    intro = "We set it up with you, and take it away again if you do not want it."
    text = "Thank you for trying our backup. We call you within a working day to set it up."
    _published(made, intro=intro, interest="Backup trial", mail_subject="Your backup trial", mail_text=text)


def _seminar(play: Play) -> None:
    campaign: Campaign = create_campaign(INTAKE, name="Security seminar")
    place = "Northgate IT, 2nd floor, Canal Street, Manchester"
    starts = datetime.combine(play.days.day(12), time(15), play.days.zone)
    about = "What changed in the Cyber Essentials scheme, and what a small office does about it. Coffee from 14:30."
    event = create_occasion(
        INTAKE,
        title="Cyber Essentials in two hours",
        starts_at=starts,
        ends_at=starts + timedelta(hours=2),
        place=place,
        capacity=20,
        description=about,
    )
    made = create_form(INTAKE, name="Security seminar", kind="event", title="Come to our seminar", origins=[SITE])
    _published(made, occasion=event, interest="Cyber security", campaign=campaign)


def _published(form: Form, **facts: Any) -> None:
    edit_form(INTAKE, form, source=Source.objects.filter(name="Web form").first(), **facts)
    publish_form(INTAKE, form)
