"""The words of buttons and fields for verbs and their arguments, where their own names are not a person's words."""

from django.utils.translation import gettext as _

from fairlead.core.verb import Verb


def of_verb(spec: Verb) -> tuple[str, str]:
    """The heading of a verb's form and the word on its button."""
    plain = spec.name.replace("_", " ").capitalize()
    known = {
        "add_collaborator": (_("Ask somebody to help"), _("Ask them")),
        "add_need": (_("What they need"), _("Add need")),
        "accept_quote": (_("They accept the quote"), _("Mark as accepted")),
        "add_rival": (_("Who else they ask"), _("Add competitor")),
        "add_stakeholder": (_("Who has a say"), _("Add person")),
        "add_team_member": (_("Pull somebody in"), _("Ask them")),
        "assign": (_("Give it to somebody"), _("Assign")),
        "assign_task": (_("Hand it to somebody"), _("Hand over")),
        "close_lost": (_("Lost"), _("Mark as lost")),
        "close_won": (_("Won"), _("Mark as won")),
        "answer_meeting": (_("Answer the invitation"), _("Answer")),
        "cancel_meeting": (_("Cancel the meeting"), _("Cancel meeting")),
        "complete_task": (_("Done"), _("Mark as done")),
        "hold_meeting": (_("It took place"), _("Log meeting")),
        "move_meeting": (_("Move the meeting"), _("Move meeting")),
        "edit_activity": (_("Correct the entry"), _("Save")),
        "edit_task": (_("Change the task"), _("Save")),
        "decline_quote": (_("They decline the quote"), _("Mark as declined")),
        "edit_need": (_("Change the need"), _("Save")),
        "edit_quote": (_("Correct the quote"), _("Save")),
        "edit_rival": (_("What we know of them here"), _("Save")),
        "edit_stakeholder": (_("Their part in it"), _("Save")),
        "edit_team_member": (_("What they do in it"), _("Save")),
        "lift_suppression": (_("Allow contact again"), _("Allow contact")),
        "move_pipeline": (_("Move to another pipeline"), _("Move")),
        "move_stage": (_("Move to another stage"), _("Move")),
        "park": (_("Park it"), _("Park")),
        "record_quote": (_("A quote was sent"), _("Add quote")),
        "reopen_opportunity": (_("Open it again"), _("Reopen")),
        "skip_task": (_("Skip the step"), _("Skip")),
        "switch_track": (_("Switch to another track"), _("Switch")),
        "correct_completion": (_("When it was done"), _("Save")),
        "snooze_task": (_("Put it off"), _("Put off")),
        "suppress": (_("Do not contact"), _("Stop contact")),
    }
    return known.get(spec.name, (plain, plain))


def of_argument(name: str, verb: str = "") -> str:
    """The label of an argument's field, where it differs that of this verb, and the word for one of its choices."""
    known = {
        "accepted": _("Comes"),
        "any": _("Anything"),
        "channel": _("What to stop"),
        "due_on": _("Day"),
        "due_time": _("Time"),
        "blocks": _("Blocks"),
        "close_won.amount": _("Amount agreed"),
        "cost": _("Cost"),
        "decides": _("Decides"),
        "decided_on": _("Answered on"),
        "declined": _("Does not come"),
        "despite": _("Why so often"),
        "ends_on": _("Counted back from"),
        "happened_at": _("When"),
        "met": _("Is it met"),
        "must": _("Must have"),
        "needs_action": _("No answer yet"),
        "new_competitor": _("Name of one that is not listed"),
        "resume": _("With its tasks"),
        "recontact_on": _("Ask again on"),
        "sent_on": _("Sent on"),
        "should": _("Should have"),
        "tentative": _("May come"),
        "uses": _("Uses it"),
        "valid_until": _("Valid until"),
        "weight": _("How much it matters"),
        "helper": _("Who"),
        "mail": _("E-mail"),
        "no_answer": _("No answer"),
        "on": _("Closed on"),
        "todo": _("To-do"),
        "voicemail": _("Voicemail left"),
    }
    return known.get(f"{verb}.{name}") or known.get(name, name.replace("_", " ").capitalize())
