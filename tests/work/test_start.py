"""What keeps Fairlead from starting, and the log it writes."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from fairlead.work.log import OneLine, logged
from fairlead.work.prepare import refuse_old_sqlite


@pytest.mark.parametrize("version", [(3, 40, 1), (3, 51, 2)])
def test_an_old_sqlite_library_is_refused_with_the_remedy(version: tuple[int, ...]) -> None:
    with pytest.raises(SystemExit) as refused:
        refuse_old_sqlite(version)
    assert "needs 3.51.3 or newer" in str(refused.value)
    assert "pysqlite3" in str(refused.value) and "DATABASE_URL" in str(refused.value)


def test_a_newer_sqlite_library_and_the_installed_one_are_taken() -> None:
    refuse_old_sqlite((3, 51, 3))
    refuse_old_sqlite()
    assert settings.SQLITE is None or "sqlite3" in settings.DATABASES["default"]["ENGINE"]


def test_an_event_is_one_line_even_with_a_traceback() -> None:
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        record = logging.LogRecord("web", logging.ERROR, "", 0, "went wrong", (), sys.exc_info())
    line = OneLine().format(record)
    assert "\n" not in line
    assert line.endswith("ValueError: first | second")
    assert "ERROR web went wrong | Traceback" in line


def test_the_request_log_holds_no_query_string(caplog: pytest.LogCaptureFixture) -> None:
    def application(environ: dict[str, str], start_response: object) -> list[bytes]:
        start_response("200 OK", [])  # type: ignore[operator]
        return [b""]

    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/welcome\nfake", "QUERY_STRING": "token=secret"}
    with caplog.at_level(logging.INFO, "fairlead.requests"):
        logged(application)(environ, lambda *_: None)
    assert "GET /welcome\\nfake 200" in caplog.text
    assert "secret" not in caplog.text


PROVIDER = {"FAIRLEAD_OIDC_ISSUER": "https://login.example", "FAIRLEAD_OIDC_CLIENT_ID": "us"}


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"FAIRLEAD_OIDC_ISSUER": "http://login.example"}, "https://"),
        ({"FAIRLEAD_OIDC_CLIENT_ID": ""}, "FAIRLEAD_OIDC_CLIENT_ID"),
        ({"FAIRLEAD_OIDC_ROLE": "Seller"}, "FAIRLEAD_OIDC_DOMAINS"),
        ({"FAIRLEAD_OIDC_ISSUER": "", "FAIRLEAD_OIDC_ONLY": "yes"}, "names no provider"),
        ({"FAIRLEAD_OIDC_CLIENT_SECRET_FILE": "/nowhere/at/all"}, "/nowhere/at/all"),
    ],
)
def test_settings_of_a_provider_that_cannot_work_stop_the_start(wrong: dict[str, str], named: str) -> None:
    stopped = read_settings(PROVIDER | wrong)
    assert stopped.returncode == 1 and named in stopped.stderr and "Traceback" not in stopped.stderr


def test_the_secret_for_the_provider_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from a file\n")
    given = {
        "FAIRLEAD_OIDC_CLIENT_SECRET_FILE": str(tmp_path / "secret"),
        "FAIRLEAD_OIDC_DOMAINS": "A.example, b.example",
    }
    assert read_settings(PROVIDER | given).stdout == "from a file login.example ['a.example', 'b.example']\n"


def read_settings(environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    words = "from fairlead import settings as s; print(s.OIDC_CLIENT_SECRET, s.OIDC_LABEL, sorted(s.OIDC_DOMAINS))"
    return subprocess.run(
        [sys.executable, "-c", words], env=os.environ | environment, capture_output=True, text=True, timeout=180
    )
