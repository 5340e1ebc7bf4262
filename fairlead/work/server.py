"""A web part: waitress with limits on what a client may send and how long it may take. Figures: docs/operations.md."""

import logging
import resource
import signal
import socket
import time
from typing import Any

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer

from fairlead import settings
from fairlead.work.family import inherited_listener, tell_ready

DRAIN = 10.0  # seconds for requests in flight when stopping
HEAD_TIME = 20.0  # seconds for a complete request head
LEAST_RATE = 2_000  # bytes per second that a body, or the reading of an answer, must reach on average …
LEAST_TIME = 60.0  # … once this many seconds have passed
LIMITS = {
    "threads": settings.WEB_THREADS,
    "connection_limit": 2000,
    "max_request_header_size": 32 * 1024,
    "max_request_body_size": settings.BODY_LIMIT,
    "inbuf_overflow": 512 * 1024,
    "outbuf_overflow": 256 * 1024,
    "channel_timeout": 60,
    "cleanup_interval": 5,
    "asyncore_use_poll": True,
    "ident": None,
    "log_socket_errors": False,
    # fairlead.web.proxies reads or removes these for every server alike
    "clear_untrusted_proxy_headers": False,
}


def run(application: Any, host: str, port: int) -> None:
    """Serve a WSGI application until SIGTERM or Ctrl+C, then finish what is in flight."""
    allow_many_files()
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = PatientServer.on(inherited_listener() or bound(host, port), application)
    signal.signal(signal.SIGTERM, stop)
    tell_ready()
    try:
        while True:
            turn(server)
    except (KeyboardInterrupt, SystemExit):
        drain(server)


def stop(*_: object) -> None:
    raise SystemExit


def turn(server: Any, wait: float = 1.0) -> None:
    server.asyncore.loop(timeout=wait, use_poll=True, map=server._map, count=1)


def drain(server: Any) -> None:
    """Accept nothing more; let requests in flight end and their answers leave."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    server.accepting = False
    end = time.monotonic() + DRAIN
    while time.monotonic() < end and any(is_busy(channel) for channel in list(server.active_channels.values())):
        turn(server, 0.05)
    server.task_dispatcher.shutdown(timeout=max(0.1, end - time.monotonic()))


def is_busy(channel: Any) -> bool:
    return bool(channel.requests or channel.total_outbufs_len)


def allow_many_files() -> None:
    """Every connection is an open file, and big answers have one more; the usual soft limit is 1024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192 if most == resource.RLIM_INFINITY else min(8192, most), most))


def bound(host: str, port: int) -> socket.socket:
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=1024)


class TimedChannel(HTTPChannel):
    """Knows since when it waits for the rest of a request, or for the client to take an answer."""

    request_since = 0.0
    answer_since: float | None = None
    answer_size = 0

    def received(self, data: bytes) -> Any:
        if self.request is None:
            self.request_since = time.monotonic()
        return super().received(data)

    def is_too_slow(self, now: float) -> bool:
        return self._request_is_late(now) or self._answer_is_late(now)

    def _request_is_late(self, now: float) -> bool:
        if self.request is None:
            return False
        waited = now - self.request_since
        if not self.request.headers_finished:
            return waited > HEAD_TIME
        return waited > LEAST_TIME and self.request.body_bytes_received < waited * LEAST_RATE

    def _answer_is_late(self, now: float) -> bool:
        left = self.total_outbufs_len
        if not left or self.requests:
            self.answer_since = None
            return False
        if self.answer_since is None:
            self.answer_since, self.answer_size = now, left
        waited = now - self.answer_since
        return waited > LEAST_TIME and self.answer_size - left < waited * LEAST_RATE


class PatientServer(TcpWSGIServer):
    """Waitress on a socket that is already bound, which lets go of clients that are too slow."""

    channel_class = TimedChannel

    @classmethod
    def on(cls, listener: socket.socket, application: Any) -> "PatientServer":
        limits = Adjustments(sockets=[listener], **LIMITS)
        address = (listener.family, listener.type, listener.proto, listener.getsockname())
        return cls(application, {}, _sock=listener, bind_socket=False, adj=limits, sockinfo=address)

    def maintenance(self, now: float) -> None:
        super().maintenance(now)
        for channel in self.active_channels.values():
            if channel.is_too_slow(time.monotonic()):
                channel.will_close = True
