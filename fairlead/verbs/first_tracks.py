"""The tracks that every organisation begins with; administrators make them their own."""

from typing import Any

from fairlead.core.actor import Actor
from fairlead.verbs.track_definitions import StepFacts, create_track

NEW_LEAD: list[StepFacts] = [
    {"text": "Call them", "kind": "call", "days": 0, "unit": "weekdays"},
    {"text": "Send what they asked for", "kind": "mail", "days": 1, "unit": "weekdays", "after": "previous"},
    {"text": "Call about it", "kind": "call", "days": 3, "unit": "weekdays", "after": "previous"},
    {"text": "Last try, by e-mail", "kind": "mail", "days": 1, "unit": "weeks", "after": "previous"},
    {"text": "Qualify or disqualify", "kind": "todo", "days": 2, "unit": "weekdays", "after": "previous"},
]
QUOTE_FOLLOW_UP: list[StepFacts] = [
    {"text": "Ask whether the quote has arrived", "kind": "call", "days": 2, "unit": "weekdays"},
    {"text": "Go through their questions", "kind": "call", "days": 3, "unit": "weekdays", "after": "previous"},
    {"text": "Ask for the decision", "kind": "call", "days": 1, "unit": "weeks", "after": "previous"},
    {"text": "Last word before the quote ends", "kind": "mail", "days": 1, "unit": "weeks", "after": "previous"},
]
RENEWAL: list[StepFacts] = [
    {"text": "Look at what they use, and what has changed", "kind": "todo", "days": 13, "unit": "weeks"},
    {"text": "Call about the renewal", "kind": "call", "days": 10, "unit": "weeks"},
    {"text": "Send the renewal offer", "kind": "mail", "days": 8, "unit": "weeks"},
    {"text": "Ask for the decision", "kind": "call", "days": 10, "unit": "weekdays", "after": "previous"},
    {"text": "Last call before it ends", "kind": "call", "days": 10, "unit": "weekdays"},
]


def add_first_tracks(by: Actor) -> None:
    """Add them in the running act."""
    found: list[tuple[str, str, list[Any], Any, list[StepFacts]]] = [
        ("New lead", "From the first call to qualified or not", ["lead"], "start", NEW_LEAD),
        ("Quote follow-up", "From the quote sent to a decision", ["opportunity"], "start", QUOTE_FOLLOW_UP),
        ("Renewal", "Back from the day a contract ends", ["opportunity", "company", "person"], "end", RENEWAL),
    ]
    for name, about, applies_to, counts_from, steps in found:
        create_track(by, name=name, about=about, applies_to=applies_to, counts_from=counts_from, steps=steps)
