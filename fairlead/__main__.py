"""The fairlead command. Each subcommand imports what it needs when it runs, so that none of them pays for another."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from fairlead import __version__, settings
from fairlead.work.family import answer, follow_parent, take_name

Command = Callable[[argparse.Namespace], int | None]
FILLED = "FAIRLEAD_FILLED"


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand; returns the exit code."""
    os.umask(0o077)
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["do"]:  # its arguments are the verb's own
        return do(given[1:])
    asked = parser().parse_args(given)
    try:
        return asked.run(asked) or 0
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="fairlead", description="Leads every inquiry from first contact to handed-over job."
    )
    top.add_argument("--version", action="version", version=f"Fairlead {__version__}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Command, about: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=about, description=about)
        command.set_defaults(run=run)
        return command

    command = add("serve", serve, "Run everything: web, background work, schedules")
    command.add_argument("--demo", action="store_true", help="fill an empty database with the demo world")
    command.add_argument("--host", default=settings.HOST, help="address to listen on (FAIRLEAD_HOST, %(default)s)")
    command.add_argument("--port", type=int, default=settings.PORT, help="port (FAIRLEAD_PORT, %(default)s)")
    command = add("web", web, "Run one web process alone")
    command.add_argument("--host", default=settings.HOST)
    command.add_argument("--port", type=int, default=settings.PORT)
    add("work", work, "Run the background worker alone")
    add("migrate", migrate, "Bring the database's tables up to date")
    command = add("prepare", prepare, "What serve does first: tables, static files, demo world")
    command.add_argument("--demo", action="store_true")
    add("demo", demo, "Fill an empty database with the demo world and print a sign-in link")
    command = add("link", link, "Print a sign-in link, for who cannot sign in otherwise")
    command.add_argument("email", nargs="?", help="whose; default: the first user")
    command = add("backup", backup, "Write database, files and keys into one archive")
    command.add_argument("file", nargs="?", type=Path, help="default: a dated file in the data folder's backups")
    command = add("restore", restore, "Bring back an archive made by fairlead backup")
    command.add_argument("file", type=Path)
    command.add_argument("--replace", action="store_true", help="also when there is data; it is kept beside")
    command = add("reindex", reindex, "Build the search index anew; goes on where it was interrupted")
    command.add_argument("--from-start", action="store_true", help="also what an interrupted run has done")
    command = add("import", bring_in, "Bring in a file: CSV, TSV, XLSX, XLS or vCard")
    _ask_of_import(command)
    command = add("check", check, "Say whether everything is as it should be")
    command.add_argument("--json", action="store_true", help="as JSON, for monitors")
    commands.add_parser("do", help="Run a verb of the process: fairlead do VERB …", add_help=False)
    return top


def _ask_of_import(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", type=Path, nargs="?")
    nouns = ("leads", "people", "companies", "opportunities", "tasks")
    command.add_argument("--as", dest="noun", choices=nouns, default="", help="what its rows are; default: guessed")
    command.add_argument("--dry-run", action="store_true", help="only say what would become of every row")
    command.add_argument("--rejected", type=Path, help="write the rejected rows with their reasons to this file")
    command.add_argument("--resume", metavar="ID", help="go on with an import that was interrupted")
    command.add_argument("--undo", metavar="ID", help="take back a whole import, updates included")
    command.add_argument("--mode", choices=("create", "create_and_update", "update"), help="default: create")
    command.add_argument("--mapping", metavar="NAME", default="", help="columns as they were saved in the browser")
    command.add_argument("--decimal", choices=(".", ","), default="", help="decimal sign; default: found")
    command.add_argument(
        "--match", action="append", choices=("mail", "phone", "name"), help="beside ids; default: mail"
    )
    command.add_argument(
        "--unknown", choices=("create", "refuse"), help="choices, stages and reasons not there yet; default: refuse"
    )
    command.add_argument(
        "--unknown-owner",
        choices=("mine", "nobody", "refuse"),
        help="whose rows become whose owner nobody is here; default: mine",
    )
    command.add_argument(
        "--whose",
        choices=("rules", "me"),
        help="of leads that name no owner: by the lead rules, or yours; default: rules",
    )
    command.add_argument("--column", action="append", default=[], metavar="NAME=MEANING", help="what a column means")
    command.add_argument("--sheet", default="", help="of a workbook; default: the first that is filled")
    command.add_argument("--encoding", default="", help="of a text; default: found")
    command.add_argument("--separator", default="", help="of a text; default: found")
    command.add_argument("--header", type=int, help="number of the header row from 1, 0 for none; default: found")
    command.add_argument(
        "--dates", choices=("dmy", "mdy", "ymd"), help="order of days; default: what the column proves"
    )
    command.add_argument("--system", default="", help="whose ids these are, such as salesforce; default: guessed")
    command.add_argument("--by", metavar="EMAIL", help="as this user (default: as Fairlead itself)")
    command.add_argument("--json", action="store_true", help="answer as JSON")


def serve(asked: argparse.Namespace) -> int:
    from fairlead.work.supervisor import serve

    os.environ |= {"FAIRLEAD_HOST": asked.host, "FAIRLEAD_PORT": str(asked.port)}  # what the parts read
    return serve(demo=asked.demo, host=asked.host, port=asked.port)


def web(asked: argparse.Namespace) -> None:
    follow_and_load()
    run_web(asked.host, asked.port)


def run_web(host: str = settings.HOST, port: int = settings.PORT) -> None:
    take_name("fairlead-web")
    from fairlead.work.server import run
    from fairlead.wsgi import application

    run(application, host, port)


def work(asked: argparse.Namespace) -> None:
    follow_and_load()
    run_work()


def run_work() -> None:
    take_name("fairlead-work")
    from fairlead.work.worker import run

    run()


def migrate(asked: argparse.Namespace) -> None:
    with_django()
    from fairlead.work.prepare import migrate

    print("The tables are up to date now." if migrate() else "The tables were up to date.")


def prepare(asked: argparse.Namespace) -> None:
    """Make everything ready and fork the parts, when a supervisor asked for them: Django is loaded once for all."""
    begun_with = dict(os.environ)
    follow_and_load()
    from fairlead.cli.greeting import fill_when_empty, greeting
    from fairlead.work.prepare import run

    has_worked = run()
    filled = asked.demo and fill_when_empty()
    if (has_worked or filled) and "FAIRLEAD_ANSWER" in os.environ:
        begin_again(begun_with | {FILLED: "yes" if filled else ""})
    words = greeting(demo=asked.demo, filled=filled or bool(os.environ.get(FILLED)))
    load_parts()
    answer(words, {"web": run_web, "work": run_work})


def begin_again(surroundings: dict[str, str]) -> None:
    """The same process with fresh memory: what migrations and the demo world left in it would stay in every part."""
    from django.db import connections

    connections.close_all()
    os.execve(sys.executable, [sys.executable, "-P", "-m", "fairlead", *sys.argv[1:]], surroundings)  # noqa: S606


def load_parts() -> None:
    """Import what the parts need, pages too; leave no connection that a fork could share."""
    from django.db import connections
    from django.urls import get_resolver

    import fairlead.work.server
    import fairlead.work.worker
    import fairlead.wsgi  # noqa: F401

    get_resolver().url_patterns  # noqa: B018
    connections.close_all()


def demo(asked: argparse.Namespace) -> None:
    asked.demo = True
    prepare(asked)


def link(asked: argparse.Namespace) -> None:
    with_django()
    from fairlead.cli.links import sign_in_link

    print(sign_in_link(asked.email))


def backup(asked: argparse.Namespace) -> None:
    with_django()
    from fairlead.work.backup import write

    print(write(asked.file))


def restore(asked: argparse.Namespace) -> None:
    with_django()
    from fairlead.work.restore import restore

    for line in restore(asked.file, replace=asked.replace):
        print(line)


def reindex(asked: argparse.Namespace) -> None:
    with_django()
    from fairlead.work.reindex import run

    run(from_start=asked.from_start)


def bring_in(asked: argparse.Namespace) -> int:
    with_django()
    from fairlead.cli.importing import main

    return main(asked)


def check(asked: argparse.Namespace) -> int:
    with_django()
    from fairlead.work.check import report

    return report(as_json=asked.json)


def do(arguments: list[str]) -> int:
    with_django()
    from fairlead.cli.do import main

    return main(arguments) or 0


def follow_and_load() -> None:
    follow_parent()
    with_django()


def with_django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fairlead.settings")
    import django

    django.setup()


if __name__ == "__main__":
    sys.exit(main())
