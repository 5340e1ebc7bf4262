"""What the matrix asks: every verb's arguments, every page's right, and what a role's grants should come to.

The expectation is worked out from the grants alone, apart from the code that decides in the product.
"""

from collections.abc import Mapping
from typing import Any

from fairlead.core.actor import system
from fairlead.core.record import Record
from fairlead.core.verb import REGISTRY, verb

Grants = Mapping[str, Mapping[str, str]]

MAIN = ("person", "company", "lead", "opportunity")
CHILDREN = ("task", "activity", "file", "call", "meeting", "running_track")
# What an opportunity consists of.
PARTS = ("stakeholder", "rival", "need", "quote", "team_member")
# Whose the record is: the asker's, a teammate's, another team's, the asker's but archived, the asker's but merged
# into the other team's.
STANDINGS = ("own", "team", "other", "archived", "merged")
MINE = {"own", "archived", "merged"}
REACHED = {"none": set(), "own": MINE, "team": MINE | {"team"}, "all": set(STANDINGS)}
OWN = {"*": dict.fromkeys(("see", "create", "edit", "delete", "merge", "assign", "mass_update", "undo"), "own")}
TEAM = {"*": {"see": "team", "create": "all", "edit": "own", "delete": "team"}, "lead": {"see": "all"}}

# The arguments with which each verb is called, besides its record; `@name` is a record of the matrix.
# A verb without a row fails the build.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "accept_quote": {},
    "add_criterion": {"text": "New"},
    "add_need": {"text": "New"},
    "add_rival": {"new_competitor": "New"},
    "add_stage": {"name": "New"},
    "add_stakeholder": {"person": "@priya", "role": "decides"},
    "add_team_member": {"user": "@noah", "role": "technical"},
    "archive_competitor": {},
    "archive_criterion": {},
    "archive_pipeline": {},
    "archive_stage": {},
    "create_competitor": {"name": "New"},
    "create_pipeline": {"name": "New"},
    "decline_quote": {},
    "edit_competitor": {"strengths": "Edited"},
    "edit_criterion": {"text": "Edited"},
    "edit_need": {"text": "Edited"},
    "edit_pipeline": {"name": "Edited"},
    "edit_quote": {"note": "Edited"},
    "edit_rival": {"note": "Edited"},
    "edit_stage": {"name": "Edited"},
    "edit_stakeholder": {"note": "Edited"},
    "edit_team_member": {"role": "Edited"},
    "place_criterion": {},
    "place_need": {},
    "place_opportunity": {},
    "place_stage": {},
    "record_quote": {"number": "New"},
    "remove_need": {},
    "remove_quote": {},
    "remove_rival": {},
    "remove_stakeholder": {},
    "remove_team_member": {},
    "reopen_quote": {},
    "see_notice": {},
    "tick_criterion": {"criterion": "@criterion"},
    "unarchive_competitor": {},
    "withdraw_quote": {},
    "unarchive_criterion": {},
    "unarchive_pipeline": {},
    "unarchive_stage": {},
    "untick_criterion": {"criterion": "@criterion"},
    "keep_trial_access": {"access": "x"},
    "mind_clock": {},
    "note_response_failed": {"reason": "Broken"},
    "note_response_sent": {},
    "respond_automatically": {"template": "@template"},
    "send_mail_again": {"key": "none"},
    "set_sending": {"provider": "smtp", "host": "mail.example.com"},
    "start_clock": {"minutes": 60},
    "add_trial_codes": {"codes": ["A-1"]},
    "archive_mail_template": {},
    "create_mail_template": {"name": "New", "words": {"en": {"subject": "Hello", "text": "Hello"}}},
    "create_trial_pool": {"name": "New"},
    "edit_mail_template": {"name": "Edited"},
    "edit_trial_pool": {"name": "Edited"},
    "enclose_file": {"upload": "@upload"},
    "remove_enclosure": {},
    "unarchive_mail_template": {},
    "add_track_trigger": {"source": "@source"},
    "apply_track": {"track": "@track"},
    "apply_track_to_many": {"records": ["@record"], "track": "@track"},
    "archive_track": {},
    "continue_track": {},
    "copy_track": {},
    "correct_completion": {"done_on": "2020-01-02"},
    "create_track": {"name": "New", "steps": [{"text": "Call"}]},
    "edit_track": {"about": "Edited"},
    "end_track": {},
    "pause_track": {},
    "remove_track_trigger": {},
    "skip_task": {"reason": "Asked not to"},
    "start_triggered": {"trigger": "@trigger"},
    "switch_track": {"track": "@track"},
    "unarchive_track": {},
    "update_steps": {},
    "add_rule": {"rule": {"name": "New", "to": {"kind": "account"}}},
    "archive_product": {},
    "archive_queue": {},
    "create_product": {"name": "New"},
    "create_queue": {"name": "New"},
    "discard_rules": {},
    "draft_rules": {"rules": [{"key": "rest", "to": {"kind": "account"}}]},
    "edit_product": {"code": "N"},
    "edit_queue": {"name": "Edited"},
    "edit_rule": {"key": "rest", "rule": {"to": {"kind": "account"}}},
    "move_rule": {"key": "rest"},
    "publish_rules": {},
    "queue_lead": {"queue": "@queue"},
    "remove_rule": {"key": "rest"},
    "restore_rules": {},
    "route_lead": {},
    "unarchive_product": {},
    "unarchive_queue": {},
    "accept_invitation": {"secret": "x", "password": "a long enough word"},
    "add_form_field": {"label": "New"},
    "cancel_registration": {},
    "confirm_submission": {},
    "create_form": {"name": "New"},
    "create_occasion": {"title": "New", "starts_at": "2030-01-02T10:00:00Z", "ends_at": "2030-01-02T12:00:00Z"},
    "drop_language": {"language": "de"},
    "edit_form": {"title": "Edited"},
    "edit_form_field": {"key": "phone", "label": "Edited"},
    "edit_occasion": {"place": "Edited"},
    "move_form_field": {"key": "phone"},
    "place_registration": {},
    "publish_form": {},
    "remove_form_field": {"key": "phone"},
    "translate_form": {"language": "fr", "words": {"title": "Nouveau"}},
    "unpublish_form": {},
    "add_absence": {"starts_on": "2030-01-02", "ends_on": "2030-01-03"},
    "add_authenticator": {"secret": "x", "code": "000000"},
    "add_collaborator": {"helper": "@noah"},
    "add_passkey": {"name": "Phone", "credential": "x", "public_key": "x"},
    "add_task": {"title": "Ring back"},
    "assign_tasks": {"tasks": ["@id"], "assignee": "@noah"},
    "complete_tasks": {"tasks": ["@id"]},
    "end_series": {},
    "snooze_tasks": {"tasks": ["@id"], "due_on": "2035-01-01"},
    "tick_item": {"item": "Ask"},
    "answer_meeting": {"answer": "accepted"},
    "book_meeting": {"title": "New", "starts_at": "2030-01-02T10:00:00Z"},
    "cancel_meeting": {},
    "edit_meeting": {"place": "Edited"},
    "hold_meeting": {"text": "Met"},
    "invite_guests": {"addresses": ["guest@example.com"]},
    "move_meeting": {"starts_at": "2030-01-02T10:00:00Z"},
    "remove_guest": {"who": "guest@example.com"},
    "archive": {},
    "archive_field": {},
    "archive_file": {},
    "archive_mapping": {},
    "archive_many": {"records": ["@record"]},
    "archive_reason": {},
    "archive_role": {},
    "archive_view": {},
    "ask_for_link": {"email": "nobody@example.com"},
    "ask_for_password_link": {},
    "assign": {"owner": "@noah"},
    "assign_many": {"records": ["@record"], "owner": "@noah"},
    "assign_task": {"assignee": "@noah"},
    "attach_file": {"upload": "@upload"},
    "cancel_task": {},
    "begin_import": {"name": "New", "noun": "person"},
    "cancel_run": {},
    "change_list": {"noun": "person", "ids": ["x"], "deed": "archive"},
    "capture_lead": {"name": "New", "email": "new@capture.example"},
    "change_role": {"role": "@role"},
    "claim_lead": {},
    "close_endpoint": {},
    "close_mailbox": {},
    "close_lost": {"reason": "@lost"},
    "close_won": {},
    "complete_task": {},
    "copy_role": {"name": "Copy"},
    "create_campaign": {"name": "New"},
    "create_company": {"name": "New"},
    "create_feed": {},
    "create_field": {"noun": "person", "name": "New", "kind": "text"},
    "create_endpoint": {"name": "New"},
    "create_import": {"upload": "@upload", "noun": "person"},
    "create_lead": {"name": "New"},
    "create_mailbox": {
        "name": "New",
        "host": "imap.example.com",
        "username": "m",
        "password": "p",
        "endpoint": "@endpoint",
    },
    "create_opportunity": {"title": "New"},
    "create_person": {"name": "New"},
    "remove_rate": {},
    "set_target": {"user": "@noah", "month": "2030-01-01", "amount": "1000"},
    "set_rate": {"currency": "EUR", "rate": "1.17"},
    "create_reason": {"kind": "lost", "name": "New"},
    "create_role": {"name": "New"},
    "create_schedule": {"name": "New"},
    "create_source": {"name": "New"},
    "create_team": {"name": "New"},
    "create_token": {"name": "New"},
    "deactivate_user": {},
    "disqualify_lead": {"reason": "@reason"},
    "edit_activity": {"text": "Edited"},
    "edit_company": {"about": "Edited"},
    "edit_field": {"name": "Edited"},
    "edit_endpoint": {"interest": "Edited"},
    "drop_import": {},
    "edit_import": {"mode": "update"},
    "edit_mailbox": {"name": "Edited"},
    "edit_lead": {"interest": "Edited"},
    "edit_opportunity": {"about": "Edited"},
    "edit_organisation": {"name": "Edited"},
    "edit_person": {"about": "Edited"},
    "limit_contact": {"week": 2},
    "edit_profile": {"theme": "dark"},
    "edit_reason": {"name": "Edited"},
    "edit_role": {"name": "Edited"},
    "edit_schedule": {"name": "Edited"},
    "edit_task": {"title": "Edited"},
    "edit_team": {"name": "Edited"},
    "edit_view": {"name": "Edited", "sort": "name"},
    "end_other_sessions": {},
    "end_session": {"session": "none"},
    "export_list": {"noun": "person"},
    "fail_submission": {"reason": "Broken"},
    "first_administrator": {
        "secret": "x",
        "name": "N",
        "email": "n@example.com",
        "password": "a long enough word",
        "organisation": "O",
    },
    "import_calendar": {"upload": "@upload"},
    "import_leads": {"rows": [{"name": "New"}]},
    "import_people": {"rows": [{"name": "New"}]},
    "import_records": {"noun": "person", "rows": [{"name": "New"}]},
    "index_field": {},
    "invite_again": {},
    "invite_user": {"name": "New", "email": "new@example.com", "role": "@role"},
    "join_with_identity": {"issuer": "i", "subject": "s", "email": "n@example.com", "name": "N", "role": "@role"},
    "join_team": {"user": "@noah"},
    "leave_team": {"user": "@noah"},
    "link_identity": {"issuer": "i", "subject": "s"},
    "lift_suppression": {"reason": "Asked again"},
    "log_call": {"text": "Talked"},
    "log_known_call": {"text": "Talked"},
    "log_mail": {"text": "Wrote"},
    "log_meeting": {"text": "Met"},
    "log_note": {"text": "Noted"},
    "move_field": {},
    "move_reason": {},
    "note_export": {"what": "1 person"},
    "mark_spam": {},
    "move_pipeline": {"stage": "@elsewhere"},
    "move_stage": {"stage": "@stage"},
    "not_spam": {},
    "open_endpoint": {},
    "open_mailbox": {},
    "park": {"until": "2035-01-01"},
    "park_many": {"records": ["@record"], "until": "2035-01-01"},
    "pin_view": {},
    "process_submission": {},
    "process_submissions": {"submissions": ["@id"]},
    "put_call_aside": {},
    "qualify_lead": {"person": "@person", "reason": "Asked for"},
    "reactivate_user": {},
    "receive_submissions": {"arrivals": [{"body": "eA=="}]},
    "recycle_lead": {},
    "redo": {"act": "@act"},
    "remove_absence": {},
    "remove_authenticator": {},
    "remove_collaborator": {"helper": "@noah"},
    "remove_passkey": {"passkey": "none"},
    "renew_address": {},
    "renew_recovery_codes": {},
    "reopen_opportunity": {},
    "reopen_task": {},
    "require_second_factor": {"required": "true"},
    "reset_identity": {},
    "reset_password": {"secret": "x", "password": "a long enough word"},
    "reset_second_factor": {},
    "revoke_feed": {},
    "revoke_token": {},
    "save_mapping": {"name": "Fair"},
    "save_view": {"list_of": "person", "name": "New", "columns": ["name"], "pinned": "true"},
    "set_password": {"password": "a long enough word"},
    "set_signing_key": {"signing_key": "k"},
    "set_tags": {"tags": ["renewal"]},
    "set_up": {},
    "share_view": {"shared": "everyone"},
    "sign_out_everywhere": {},
    "start_import": {},
    "snooze_task": {"due_on": "2035-01-01"},
    "spend_recovery_code": {"code": "x"},
    "suppress": {"reason": "Asked"},
    "suppress_address": {"address": "x@example.com", "channel": "mail", "reason": "Asked"},
    "tag": {"tag": "renewal"},
    "take_call": {"text": "Talked"},
    "take_back_import": {},
    "try_import": {},
    "tag_many": {"records": ["@record"], "tag": "renewal"},
    "unarchive": {},
    "unarchive_field": {},
    "unarchive_reason": {},
    "unarchive_role": {},
    "unarchive_view": {},
    "undo": {"act": "@act"},
    "undo_import": {},
    "unlink_identity": {},
    "unpark": {},
    "unpin_view": {},
    "unqualify_lead": {},
    "untag": {"tag": "@tag"},
}
# Verbs for whoever is signed in (or nobody) that look at records themselves, with what they ask of each.
ASKS_ITSELF = {
    "apply_track_to_many": ("mass_update", "edit"),
    "archive_many": ("mass_update", "delete"),
    "assign_many": ("mass_update", "assign"),
    "process_submissions": ("edit",),
    "assign_tasks": ("edit",),
    "complete_tasks": ("edit",),
    "snooze_tasks": ("edit",),
    "park_many": ("mass_update", "edit"),
    "tag_many": ("mass_update", "edit"),
}
# Verbs for whoever is signed in that act on a whole list, with what they ask of its noun.
ASKS_OF_ALL = {
    "begin_import": ("person", "create"),
    "change_list": ("person", "mass_update"),
    "create_import": ("person", "create"),
    "export_list": ("person", "export"),
    "import_records": ("person", "create"),
    "take_call": ("activity", "create"),
}
# How one signs in is changed in the browser alone; how others do, by no token.
BROWSER_ALONE = {"add_authenticator", "add_passkey", "remove_authenticator", "remove_passkey"}
BROWSER_ALONE |= {
    "join_with_identity",
    "link_identity",
    "unlink_identity",
    "renew_recovery_codes",
    "spend_recovery_code",
}
NO_TOKEN = {"reset_identity", "reset_second_factor", "set_password"}


def level(grants: Grants, action: str, noun: str) -> str:
    return grants.get(noun, grants.get("*", {})).get(action, "none")


def may(grants: Grants, action: str, noun: str, standing: str) -> bool:
    """What a role should come to for a record in this standing, by the rules as they are written for people."""
    if noun in MAIN:
        return standing in REACHED[level(grants, action, noun)]
    if noun in CHILDREN:
        noun_of_right = {"call": "activity", "meeting": "task", "running_track": "task"}.get(noun, noun)
        granted = level(grants, action, noun_of_right)
        if action == "see":
            return granted != "none" and may(grants, "see", "person", standing)
        return granted == "all" or (granted != "none" and may(grants, "edit", "person", standing))
    if noun in PARTS:
        return may(grants, "see" if action == "see" else "edit", "opportunity", standing)
    if noun == "suppression":
        return may(grants, "see" if action == "see" else "edit", "person", standing)
    if noun in {"submission", "registration", "response"}:
        return may(grants, "see" if action == "see" else "edit", "lead", standing)
    if noun in {"token", "run", "view", "import", "notice", "mapping", "feed"}:
        return True
    return level(grants, action, "absence" if noun == "absence" else "organisation") != "none"


def sees(grants: Grants, noun: str, standing: str) -> bool:
    """One merged away leads to its survivor, for those who see both."""
    survivor = noun not in MAIN or standing != "merged" or may(grants, "see", noun, "other")
    return may(grants, "see", noun, standing) and survivor


def expected(grants: Grants, name: str, noun: str, standing: str, door: str) -> str:
    """What becomes of this verb on such a record: done, forbidden, or missing, as if there were no such record."""
    right = REGISTRY[name].may
    if door == "mcp" and REGISTRY[name].secret:
        return "forbidden"
    acted_on = "other" if standing == "merged" and noun in MAIN else standing
    if noun and not sees(grants, noun, standing):
        return "missing"
    if name in BROWSER_ALONE or (name in NO_TOKEN and door != "cli"):
        return "forbidden"
    if name in ASKS_OF_ALL:
        asked, action = ASKS_OF_ALL[name]
        allowed = level(grants, action, asked) != "none"
    elif name in ASKS_ITSELF:
        allowed = all(may(grants, action, noun, acted_on) for action in ASKS_ITSELF[name])
    elif right in {"member", "anyone"}:
        allowed = True
    elif "." in right:
        asked, _dot, action = right.partition(".")
        allowed = level(grants, action, asked) != "none"
    else:
        allowed = may(grants, right, noun, acted_on)
    return "done" if allowed else "forbidden"


def aside(function: Any) -> Any:
    """A verb for the matrix alone, which no door gets to see."""
    made = verb("{by} prepared the matrix", may="organisation.edit")(function)
    del REGISTRY[function.__name__]
    return made


def noun_of(record: Record | None) -> str:
    return record.noun() if record else ""


PREPARER = system("matrix")
