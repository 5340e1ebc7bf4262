"""bin/eval KIND [DIR] [--json]: drives what users reach over all files of a folder, says how much is right."""

import argparse
import importlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What scores a kind; `imports.score(check, folder)` yields its results.
ADAPTERS = {
    "import": "imports",
    "import_derived": "imports",
    "import_stories": "stories",
    "vcard": "vcards",
    "ical": "calendars",
    "names": "names",
    "phones": "phones",
    "hostile": "hostile",
    "webforms": "webforms",
    "pipeline": "pipelines",
    "when": "dates",
}


def main() -> int:
    asked = arguments()
    folder = asked.dir.resolve()
    sys.path.insert(0, str(checker(folder)))
    with_own_data()
    score = importlib.import_module(f"tests.eval.{ADAPTERS[asked.kind]}").score
    results = list(score(folder))
    for result in results if len(results) > 1 else []:
        print(f"EVAL kind={asked.kind} set={result['set']} {figures(result)}")
    right, of = sum(each["right"] for each in results), sum(each["of"] for each in results)
    if asked.json:
        print(json.dumps({"kind": asked.kind, "sets": results, "right": right, "of": of}))
    print(f"EVAL kind={asked.kind} right={right} of={of}")
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/eval", description=__doc__)
    parser.add_argument("kind", choices=sorted(ADAPTERS))
    parser.add_argument("dir", nargs="?", type=Path)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    usual = Path(os.environ.get("FAIRLEAD_EVAL", ROOT.parent / "shared" / "data"))
    asked.dir = asked.dir or usual / asked.kind.partition("_stories")[0]
    if not asked.dir.is_dir():
        parser.error(f"There is no folder {asked.dir}.")
    return asked


def checker(folder: Path) -> Path:
    """The folder that check.py is in: beside the files' own, or where the files usually are."""
    usual = Path(os.environ.get("FAIRLEAD_EVAL", ROOT.parent / "shared" / "data"))
    return next((place for place in (folder.parent, usual) if (place / "check.py").is_file()), usual)


def with_own_data() -> None:
    """A database of its own for this run, gone afterwards."""
    import atexit

    data = tempfile.mkdtemp(prefix="fairlead-eval-")
    atexit.register(shutil.rmtree, data, ignore_errors=True)
    for name in [name for name in os.environ if name.startswith("FAIRLEAD_")] + ["DATABASE_URL"]:
        os.environ.pop(name, None)
    os.environ |= {"FAIRLEAD_DATA": data, "DJANGO_SETTINGS_MODULE": "fairlead.settings"}
    import django

    import fairlead  # noqa: F401 (brings the newer SQLite)

    django.setup()
    from fairlead.core.actor import system
    from fairlead.verbs.organisation import set_up
    from fairlead.work import prepare

    with open(os.devnull, "w") as quiet:
        shown, sys.stdout = sys.stdout, quiet
        try:
            prepare.migrate()
        finally:
            sys.stdout = shown
    set_up(system("evaluation"), name="Evaluation", country="US", currency="USD", zone="UTC", locale="en-US")


def figures(result: dict[str, object]) -> str:
    return " ".join(f"{name}={value}" for name, value in result.items() if name != "set")


if __name__ == "__main__":
    sys.exit(main())
