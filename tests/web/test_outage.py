"""Which faults of the database are an outage, and what is answered then."""

import json
import sqlite3
from pathlib import Path

import pytest
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.test import RequestFactory

from fairlead.web.outage import Outage, health, is_outage, server_error


def fault(path: Path, statement: str) -> OperationalError:
    """The error that Django makes of SQLite's own, as a real library raises it."""
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("PRAGMA journal_mode=WAL")
    holder.execute("BEGIN IMMEDIATE")
    other = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        other.execute(statement)
    except sqlite3.OperationalError as cause:
        error = OperationalError(str(cause))
        error.__cause__ = cause
        return error
    finally:
        other.close()
        holder.close()
    raise AssertionError("the statement did not fail")


def test_a_locked_database_is_an_outage_and_a_wrong_statement_is_not(tmp_path: Path) -> None:
    assert is_outage(fault(tmp_path / "a", "BEGIN IMMEDIATE"))
    assert not is_outage(fault(tmp_path / "a", "SELECT nothing FROM nowhere"))
    assert not is_outage(ValueError())


def test_a_locked_database_answers_503_as_page_and_as_problem(tmp_path: Path, rf: RequestFactory) -> None:
    error = fault(tmp_path / "a", "BEGIN IMMEDIATE")
    middleware = Outage(lambda request: HttpResponse())
    page = middleware.process_exception(rf.get("/leads"), error)
    assert isinstance(page, HttpResponse)
    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert b"not answering" in page.content
    assert b"style=" not in page.content and b"<script>" not in page.content
    problem = middleware.process_exception(rf.get("/api/v1/leads"), error)
    assert isinstance(problem, HttpResponse)
    assert problem["Content-Type"] == "application/problem+json"
    assert json.loads(problem.content)["status"] == 503
    assert middleware.process_exception(rf.get("/leads"), ValueError()) is None


def answer_to(request: HttpRequest, error: Exception) -> HttpResponseBase:
    try:
        raise error
    except Exception:
        return server_error(request)


def test_faults_outside_of_a_page_are_told_apart_too(tmp_path: Path, rf: RequestFactory) -> None:
    assert answer_to(rf.get("/"), fault(tmp_path / "a", "BEGIN IMMEDIATE")).status_code == 503
    assert answer_to(rf.get("/"), ValueError()).status_code == 500
    assert answer_to(rf.get("/api/v1/leads"), ValueError())["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_health_says_nothing_but_its_word(rf: RequestFactory) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS django_migrations (id integer)")
    answer = Outage(lambda request: HttpResponse("page"))(rf.get("/healthz"))
    assert isinstance(answer, HttpResponse)
    assert (answer.status_code, answer.content) == (200, b"ok")
    assert health(rf.post("/healthz")).status_code == 405
