"""Prompts: ready-made requests that an assistant's user can pick."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from fairlead.mcp.fault import INVALID_PARAMS, Fault


@dataclass(frozen=True)
class Prompt:
    title: str
    description: str
    text: str
    arguments: tuple[tuple[str, str], ...] = ()


PROMPTS = {
    "plan_my_day": Prompt(
        "Plan my day",
        "What to do today, in order",
        "Plan my day. Use list_records on task (assignee me, state open, sorted by due_at) and on lead (owner me, state"
        " open, sorted by respond_by). Begin with leads that wait for an answer, then what is overdue, then today."
        " One line each, with the reason. Change nothing.",
    ),
    "prepare_a_call": Prompt(
        "Prepare a call",
        "What to know before calling somebody",
        "Prepare my call with {who}. Find the record with search, read it with get_record and its timeline. Tell who"
        " this is, what we last agreed, what is open, and three questions to ask. Say if calls are not allowed."
        " Change nothing.",
        (("who", "A name, a company or a phone number"),),
    ),
    "write_up_a_call": Prompt(
        "Write up a call",
        "Log a call from a few words, with its next step",
        "Write up this call: {notes}\nFind the record with search. Show what you would log with log_call (outcome,"
        " text, next step and its date) and ask before you do it. Then name the act, so that it can be undone.",
        (("notes", "Whom, what was said, what comes next"),),
    ),
}


def offered() -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "title": prompt.title,
            "description": prompt.description,
            "arguments": [{"name": each, "description": about, "required": True} for each, about in prompt.arguments],
        }
        for name, prompt in PROMPTS.items()
    ]


def filled(name: str, arguments: Any) -> dict[str, Any]:
    """The prompt as a message of the user, with what was given in its places."""
    prompt = PROMPTS.get(name)
    if prompt is None:
        raise Fault(INVALID_PARAMS, _("There is no prompt named %(name)s.") % {"name": name[:100]})
    given = arguments if isinstance(arguments, dict) else {}
    text = prompt.text
    for each, _about in prompt.arguments:
        if not isinstance(given.get(each), str) or not given[each].strip():
            raise Fault(INVALID_PARAMS, _("This prompt needs %(name)s.") % {"name": each})
        text = text.replace("{" + each + "}", given[each])
    message = {"role": "user", "content": {"type": "text", "text": text}}
    return {"description": prompt.description, "messages": [message]}
