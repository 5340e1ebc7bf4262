"""A mail server that does at each connection what its script says, and keeps what it took."""

import socket
import threading
from contextlib import suppress
from email import message_from_bytes
from typing import Any

CODES = {
    "greeting": b"421 not now",
    "sender_later": b"451 try later",
    "sender_never": b"550 not you",
    "receiver_later": b"450 greylisted",
    "receiver_never": b"550 no such user",
    "data_later": b"451 try later",
    "data_never": b"554 spam",
}


class Server:
    """`script`: a fault for each connection that comes, then none. `kept`: (sender, message) that it took."""

    def __init__(self, *script: str, users: dict[str, str] | None = None) -> None:
        self.script, self.users = list(script), users or {}
        self.kept: list[tuple[str, Any]] = []
        self.connections = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.over = threading.Event()

    def __enter__(self) -> "Server":
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.over.set()
        self.socket.shutdown(socket.SHUT_RDWR)  # else whoever waits in accept goes on taking connections
        self.socket.close()

    @property
    def ids(self) -> list[str]:
        return [str(message["Message-ID"]) for _sender, message in self.kept]

    def _serve(self) -> None:
        while True:
            try:
                talking, _address = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            fault = self.script.pop(0) if self.script else ""
            threading.Thread(target=self._one, args=(talking, fault), daemon=True).start()

    def _one(self, talking: socket.socket, fault: str) -> None:
        with suppress(OSError), talking:
            self._talk(talking, fault)
            talking.shutdown(socket.SHUT_RDWR)

    def _talk(self, talking: socket.socket, fault: str) -> None:
        lines, sender = talking.makefile("rb"), ""

        def say(text: bytes) -> None:
            talking.sendall(text + b"\r\n")

        if fault == "silent":
            self.over.wait(5)
            return
        if fault == "dripping":
            while not self.over.wait(0.1):
                talking.sendall(b"2")
        say(CODES["greeting"] if fault == "greeting" else b"220 here")
        for line in lines:
            word = line[:4].upper()
            if word == b"EHLO":
                say(b"250-here")
                if self.users:
                    say(b"250-AUTH PLAIN LOGIN")
                say(b"250 8BITMIME")
            elif word == b"AUTH":
                good = line.split()[-1].decode() in self.users
                say(b"235 in" if good else b"535 wrong password")
            elif word == b"MAIL":
                sender = line.decode().partition("<")[2].partition(">")[0]
                say(CODES.get(fault, b"250 ok") if fault.startswith("sender") else b"250 ok")
            elif word == b"RCPT":
                say(CODES.get(fault, b"250 ok") if fault.startswith("receiver") else b"250 ok")
                if fault == "dies_before_data":
                    return
            elif word == b"DATA":
                say(b"354 go on")
                body = b""
                for each in lines:
                    if each == b".\r\n":
                        break
                    if fault == "dies_in_data":
                        return
                    body += each
                if fault.startswith("data"):
                    say(CODES[fault])
                    continue
                self.kept.append((sender, message_from_bytes(body)))
                if fault == "dies_after_data":
                    return
                if fault == "silent_after_data":
                    self.over.wait(5)
                    return
                say(b"250 taken as 17")
                if fault == "dies_after_taking":
                    return
            elif word == b"QUIT":
                say({"odd_leave": b"x" * 9000, "angry_leave": b"554 no"}.get(fault, b"221 bye"))
                return
            else:
                say(b"250 ok")
