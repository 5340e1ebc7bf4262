"""Joins style sheets, own modules and vendored scripts into the files a page loads: no node, no build step.

Public forms have `hosted.css` and `hosted.js`, all other pages three files: `fairlead.css` follows the @import lines of
css/index.css, `app.js` the imports of js/app.js, `htmx.js` the order of vendor/htmx/manifest.json. The finder builds
them when a source has changed; the storage serves hashed names once `collectstatic` has run, and plain names before
that (development, tests).
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

HERE = Path(__file__).resolve().parent
AS_IS = ("fonts", "img")

IMPORT_CSS = re.compile(r'^@import "([^"]+)";\n', re.M)
IMPORT_JS = re.compile(r'^import \{[^}]*\} from "\./([^"]+)";\n', re.M)
TOP_LEVEL = re.compile(r"^(?:export )?(?:async )?(?:function\*?|const|let|class) (\w+)", re.M)
FOREIGN_JS = re.compile(r"^(?:import (?!\{)|import \{[^}]*\bas\b|export (?!async|function|const|class)).*", re.M)
COMMENT_CSS = re.compile(r"/\*.*?\*/\s*", re.DOTALL)
COMMENT_JS = re.compile(r"^\s*//.*\n", re.M)


class BundleError(Exception):
    """A source cannot be joined: a name declared twice, a cycle, an altered vendored file."""


def stylesheet(name: str = "index.css") -> str:
    """Every style sheet in the order of css/index.css, without comments and indentation."""
    index = (HERE / "css" / name).read_text()
    joined = IMPORT_CSS.sub(lambda found: (HERE / "css" / found[1]).read_text(), index)
    return re.sub(r"\n\s*", "\n", COMMENT_CSS.sub("", joined))


def application() -> str:
    """Every own module, each after those it imports, as one module without imports."""
    owner: dict[str, str] = {}
    parts = []
    for name in in_order("app.js"):
        text = (HERE / "js" / name).read_text()
        if foreign := FOREIGN_JS.search(text):
            raise BundleError(f"js/{name}: only named imports and exports can be joined, not '{foreign[0]}'")
        for declared in TOP_LEVEL.findall(text):
            if declared in owner:
                raise BundleError(f"js/{name} and js/{owner[declared]} both declare '{declared}'")
            owner[declared] = name
        parts.append(COMMENT_JS.sub("", IMPORT_JS.sub("", text)).replace("\nexport ", "\n").removeprefix("export "))
    return "".join(parts)


def vendored() -> str:
    """htmx and its extensions, each checked against the hash in the manifest."""
    return "\n".join(checked(entry) for entry in json.loads((HERE / "vendor/htmx/manifest.json").read_text())["files"])


def for_visitors() -> str:
    """The one module of public forms."""
    return COMMENT_JS.sub("", (HERE / "js/hosted.js").read_text())


BUNDLES: dict[str, Callable[[], str]] = {
    "fairlead.css": stylesheet,
    "app.js": application,
    "htmx.js": vendored,
    "hosted.css": lambda: stylesheet("hosted.css"),
    "hosted.js": for_visitors,
}


class Bundles(BaseFinder):
    """Lets `collectstatic` and the development server find the joined files, fonts and pictures."""

    def __init__(self, app_names: object = None, *args: object, **kwargs: object) -> None:
        self.built = FileSystemStorage(location=settings.STATIC_BUILD)
        self.source = FileSystemStorage(location=HERE)

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        found = str(build(path)) if path in BUNDLES else as_is(path)
        return ([found] if found else []) if find_all else found

    def list(self, ignore_patterns: object) -> Iterator[tuple[str, FileSystemStorage]]:
        for name in BUNDLES:
            build(name)
            yield name, self.built
        for folder in AS_IS:
            for file in sorted((HERE / folder).iterdir()):
                yield f"{folder}/{file.name}", self.source


class Assets(CompressedManifestStaticFilesStorage):
    """Hashed names for what has been collected, plain names for anything else."""

    def stored_name(self, name: str) -> str:
        return name if settings.DEVELOPMENT else self.hashed_files.get(self.hash_key(self.clean_name(name)), name)


def build(name: str) -> Path:
    """The joined file on disk, written again only when its text has changed."""
    target = Path(settings.STATIC_BUILD) / name
    text = BUNDLES[name]()
    if not target.exists() or target.read_text() != text:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return target


def as_is(path: str) -> str | None:
    folder, _, name = path.partition("/")
    file = HERE / folder / name
    return str(file) if folder in AS_IS and "/" not in name and file.is_file() else None


def in_order(name: str, above: tuple[str, ...] = (), done: dict[str, None] | None = None) -> list[str]:
    """The modules below `name`, each after those it imports."""
    done = {} if done is None else done
    if name in above:
        raise BundleError(f"js/{name} imports itself through {' > '.join(above)}")
    for needed in IMPORT_JS.findall((HERE / "js" / name).read_text()):
        if needed not in done:
            in_order(needed, (*above, name), done)
    done[name] = None
    return list(done)


def checked(entry: dict[str, str]) -> str:
    """The text of one vendored file, without its source map line; refused when it is not the file we vendored."""
    content = (HERE / "vendor/htmx" / entry["file"]).read_bytes()
    if sha384(content) != entry["sha384"]:
        raise BundleError(f"vendor/htmx/{entry['file']} is not the file in the manifest")
    return re.sub(r"^//# sourceMappingURL=.*$", "", content.decode(), flags=re.M).rstrip() + ";"


def sha384(content: bytes) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()
