"""fairlead do: every verb of the process on the command line, read from the registry."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from fairlead.core import act
from fairlead.core.actor import Actor, system
from fairlead.core.errors import Invalid, NotFound, Refused, explained
from fairlead.core.event import Event
from fairlead.core.schema import json_schema, perform, subject_name, subjects
from fairlead.core.upload import receive
from fairlead.core.verb import REGISTRY, Verb
from fairlead.models import User
from fairlead.programs.text import from_text, kinds_of
from fairlead.programs.timeline import spoken

OWN = ("subject", "by", "json")
PIECE = 64 * 1024  # bytes


def main(arguments: list[str]) -> int:
    """Run one verb; 0 when it is done, 2 when it was refused or could not be read."""
    if not arguments or arguments[0] in {"-h", "--help"}:
        print("\n".join(overview()))
        return 0
    as_json = "--json" in arguments
    try:
        return run(verb_named(arguments[0]), arguments[1:])
    except Refused as refusal:
        if as_json:
            print(json.dumps(explained(refusal), indent=2, default=str))
        else:
            print("\n".join(words(refusal)), file=sys.stderr)
        return 2


def run(spec: Verb, arguments: list[str]) -> int:
    asked = vars(parser(spec).parse_args(arguments))
    act.forget()
    by = actor(asked["by"])
    done = perform(spec.name, by, given(spec, asked))
    print(json.dumps(done, indent=2, default=str) if asked["json"] else "\n".join(told(done, by)))
    return 0


def overview() -> Iterator[str]:
    """Every verb with what it takes and what it is for."""
    yield "fairlead do VERB [RECORD] [--argument value …] [--by EMAIL] [--json]"
    yield "fairlead do VERB --help shows its arguments."
    yield ""
    width = max(len(name) for name in REGISTRY)
    for name, spec in sorted(REGISTRY.items()):
        yield f"  {name.replace('_', '-'):{width}}  {' '.join(spec.doc.partition(chr(10) * 2)[0].split())}"


def verb_named(word: str) -> Verb:
    name = word.replace("-", "_")
    if name in REGISTRY:
        return REGISTRY[name]
    near = [each.replace("_", "-") for each in get_close_matches(name, REGISTRY, n=3)]
    raise NotFound(
        f"There is no verb named {word}. " + (f"Near it: {', '.join(near)}." if near else "See: fairlead do")
    )


def actor(email: str | None) -> Actor:
    """The user with this address, or the product itself when nobody is named: who can type this runs the server."""
    if email is None:
        return system("command line", door="cli")
    user: User | None = User.objects.active().filter(email__iexact=email).first()
    if user is None:
        raise NotFound(f"There is no active user with the address {email}.")
    return user.actor("cli")


# --- what is typed -----------------------------------------------------------------------------------------------


class Parser(argparse.ArgumentParser):
    """Says what is wrong as a refusal, so that --json holds for it too."""

    def error(self, message: str) -> NoReturn:
        raise Invalid({"": [f"{message[:1].upper()}{message[1:]}. Type {self.prog} --help"]})


def parser(spec: Verb) -> argparse.ArgumentParser:
    """The verb's arguments as flags, its record as the first word."""
    schema, subject = json_schema(spec.name), subject_name(spec)
    shown = f"fairlead do {spec.name.replace('_', '-')}"
    found = Parser(
        prog=shown, description=spec.doc, allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    if subject:
        kinds = subjects(spec)
        form = "ID" if len(kinds) == 1 else "NOUN:ID"
        found.add_argument("subject", metavar=form, help=f"which {', '.join(kinds)}, by the id in its address")
    for name, each in schema.get("properties", {}).items():
        if name != subject:
            flag, words = f"--{name.replace('_', '-')}", meaning(name, each, schema)
            found.add_argument(flag, action="append", dest=f"given_{name}", metavar=kind(each), help=words)
    found.add_argument("--by", metavar="EMAIL", help="act as this user (default: as Fairlead itself)")
    found.add_argument("--json", action="store_true", help="answer as JSON")
    return found


def given(spec: Verb, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed as the verb's raw input; a file is read from its path."""
    texts = {name.removeprefix("given_"): value for name, value in asked.items() if name not in OWN and value}
    files = {name for name, each in json_schema(spec.name).get("properties", {}).items() if is_file(each)}
    raw = from_text(spec.name, {name: value for name, value in texts.items() if name not in files})
    raw |= {name: uploaded(spec.name, name, texts[name][-1]) for name in files & set(texts)}
    return raw | ({subject_name(spec): asked["subject"]} if "subject" in asked else {})


def uploaded(verb: str, name: str, path: str) -> Any:
    try:
        with open(path, "rb") as file:
            return receive(iter(lambda: file.read(PIECE), b""), Path(path).name, verb)
    except OSError as error:
        raise Invalid({name: [f"{path} cannot be read: {error.strerror}."]}) from None


def is_file(schema: Mapping[str, Any]) -> bool:
    return any(each.get("format") == "binary" for each in kinds_of(schema))


def kind(schema: Mapping[str, Any]) -> str:
    """What to write for it: an id, a date, one of several words."""
    found = next((each for each in kinds_of(schema) if each.get("type") != "null"), {})
    if found.get("type") == "array":
        return kind(found.get("items", {}))
    if "enum" in found:
        return "|".join(str(value) for value in found["enum"])
    if "noun" in found:
        return f"{found['noun']}-id".upper()
    word = {"binary": "path"}.get(found.get("format", ""), found.get("format") or found.get("type") or "json")
    return str(word).upper()


def meaning(name: str, schema: Mapping[str, Any], whole: Mapping[str, Any]) -> str:
    parts = [next((each["description"] for each in kinds_of(schema) if "description" in each), "")]
    parts += ["needed"] if name in whole.get("required", []) else []
    parts += ["may be repeated"] if any(each.get("type") == "array" for each in kinds_of(schema)) else []
    return ", ".join(part for part in parts if part).replace("%", "%%")


# --- what is answered --------------------------------------------------------------------------------------------


def told(done: Mapping[str, Any], by: Actor) -> Iterator[str]:
    """The deed as a sentence, its result, and how to take it back."""
    event = Event.objects.filter(act=done["act"], cause=None).order_by("id").first() if done["act"] else None
    yield "".join(part.text for part in spoken(event, by)) if event else "Nothing had to change."
    yield from result_lines(done["result"])
    if done["act"]:
        yield f"Act {done['act']}. Take it back: fairlead do undo --act {done['act']}"


def result_lines(result: Any) -> Iterator[str]:
    if isinstance(result, dict) and "noun" in result:
        yield f"{result['noun']} {result['id']} {result['label']}"
    elif isinstance(result, dict):
        for name, value in result.items():
            yield from (f"{name}: {line}" for line in result_lines(value))
    elif isinstance(result, list):
        for each in result:
            yield from result_lines(each)
    elif result is not None:
        yield str(result)


def words(refusal: Refused) -> Iterator[str]:
    """The refusal, with the flag that each error belongs to."""
    errors = explained(refusal).get("errors")
    if not errors:
        yield refusal.text
        return
    for name, messages in errors.items():
        flag = f"--{name.replace('_', '-')}: " if name else ""
        yield f"{flag}{' '.join(messages)}"
