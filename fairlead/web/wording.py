"""The words of buttons and fields for verbs and their arguments, where their own names are not a person's words."""

from django.utils.translation import gettext as _

from fairlead.core.verb import Verb


def of_verb(spec: Verb) -> tuple[str, str]:
    """The heading of a verb's form and the word on its button."""
    plain = spec.name.replace("_", " ").capitalize()
    known = {
        "add_collaborator": (_("Ask somebody to help"), _("Ask them")),
        "assign": (_("Give it to somebody"), _("Assign")),
        "assign_task": (_("Hand it to somebody"), _("Hand over")),
        "close_lost": (_("Lost"), _("Mark as lost")),
        "close_won": (_("Won"), _("Mark as won")),
        "complete_task": (_("Done"), _("Mark as done")),
        "edit_activity": (_("Correct the entry"), _("Save")),
        "edit_task": (_("Change the task"), _("Save")),
        "lift_suppression": (_("Allow contact again"), _("Allow contact")),
        "park": (_("Park it"), _("Park")),
        "snooze_task": (_("Put it off"), _("Put off")),
        "suppress": (_("Do not contact"), _("Stop contact")),
    }
    return known.get(spec.name, (plain, plain))


def of_argument(name: str) -> str:
    """The label of an argument's field, and the word for one of its choices."""
    known = {
        "amount": _("Amount agreed"),
        "any": _("Anything"),
        "channel": _("What to stop"),
        "due_on": _("Day"),
        "due_time": _("Time"),
        "happened_at": _("When"),
        "helper": _("Who"),
        "mail": _("E-mail"),
        "no_answer": _("No answer"),
        "on": _("Closed on"),
        "todo": _("To-do"),
        "voicemail": _("Voicemail left"),
    }
    return known.get(name, name.replace("_", " ").capitalize())
