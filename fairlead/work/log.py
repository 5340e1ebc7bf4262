"""The log: one line per event on standard error, without query strings and secrets."""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

request_log = logging.getLogger("fairlead.requests")


class OneLine(logging.Formatter):
    """`2026-11-21T09:00:00Z ERROR django.request Internal Server Error: /leads | Traceback …`"""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")

    def format(self, record: logging.LogRecord) -> str:
        return " | ".join(line.strip() for line in super().format(record).splitlines() if line.strip())


def logged(application: Any) -> Callable[[dict[str, Any], Any], Iterable[bytes]]:
    """The request log (FAIRLEAD_LOG=requests): method, path, status, milliseconds until the answer began."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        started = time.perf_counter()
        statuses: list[str] = []

        def start(status: str, *rest: Any) -> Any:
            statuses.append(status[:3])
            return start_response(status, *rest)

        body: Iterable[bytes] = application(environ, start)
        spent = (time.perf_counter() - started) * 1000
        path = environ["PATH_INFO"].encode("unicode_escape").decode()
        request_log.info("%s %s %s %.0f ms", environ["REQUEST_METHOD"], path, *statuses, spent)
        return body

    return answer
