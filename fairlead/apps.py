"""The one Django app."""

from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created


class Fairlead(AppConfig):
    name = "fairlead"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Every noun and every verb is known before the first request; the doors read the registry.
        import fairlead.core.undo
        import fairlead.exchange.export
        import fairlead.exchange.imports.carrying
        import fairlead.programs.bulk
        import fairlead.programs.questions
        import fairlead.verbs
        import fairlead.web.routes

        fairlead.programs.questions.PAGES["list"] = _asked_on_a_page

        # Django has no other place to reach each new connection, and the guard must be on all of them.
        connection_created.connect(_install_guard, dispatch_uid="fairlead.guard")


def _asked_on_a_page(*question: Any) -> Any:
    """What a list of a page was asked, for runs; pages are imported when the first one comes."""
    from fairlead.web.questions import question as ask

    return ask(*question)


def _install_guard(connection: Any, **_facts: Any) -> None:
    from fairlead.core.record import guard

    if guard not in connection.execute_wrappers:
        connection.execute_wrappers.append(guard)
