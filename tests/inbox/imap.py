"""An IMAP server as small as one that mailboxes can be read from, with the faults that real ones have."""

import re
import socketserver
import threading
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Server:
    """`mails` by their numbers. `cut_at`: the connection ends in the middle of this message, as often as `cuts` says.

    `claims`: the size it says of every message, whatever they are.
    """

    mails: dict[int, bytes] = field(default_factory=dict)
    validity: int = 7
    password: str = "secret"
    folders: tuple[str, ...] = ("INBOX",)
    cut_at: int = 0
    cuts: int = 0
    claims: int = 0
    port: int = 0
    asked: list[str] = field(default_factory=list)

    def put(self, *mails: bytes) -> None:
        for mail in mails:
            self.mails[max(self.mails, default=0) + 1] = mail

    def __enter__(self) -> "Server":
        self.listening = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
        self.listening.daemon_threads = True
        self.listening.about = self  # type: ignore[attr-defined]
        self.port = self.listening.server_address[1]
        threading.Thread(target=self.listening.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_error: Any) -> None:
        self.listening.shutdown()
        self.listening.server_close()


class Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.about: Server = self.server.about  # type: ignore[attr-defined]
        self.say("* OK ready")
        while line := self.rfile.readline():
            tag, _space, rest = line.decode().strip().partition(" ")
            self.about.asked.append(rest)
            try:
                answer = self.answered(rest)
            except ConnectionError:
                return
            self.say(f"{tag} {answer}")
            if rest.upper().startswith("LOGOUT"):
                return

    def answered(self, rest: str) -> str:
        word = rest.upper().split()[0]
        if word == "CAPABILITY":
            self.say("* CAPABILITY IMAP4rev1")
        elif word == "LOGIN" and f'"{self.about.password}"' not in rest:
            return "NO wrong password"
        elif word == "EXAMINE":
            return self.examined(rest.partition(" ")[2][1:-1])
        elif word == "LOGOUT":
            self.say("* BYE")
        elif rest.upper().startswith("UID SEARCH"):
            self.say("* SEARCH " + " ".join(str(uid) for uid in self.found(rest)))
        elif rest.upper().startswith("UID FETCH"):
            self.fetched(int(rest.split()[2]), rest)
        return "OK done"

    def examined(self, folder: str) -> str:
        if folder not in self.about.folders:
            return "NO no such folder"
        self.say(f"* {len(self.about.mails)} EXISTS")
        self.say(f"* OK [UIDVALIDITY {self.about.validity}] fine")
        self.say(f"* OK [UIDNEXT {max(self.about.mails, default=0) + 1}] fine")
        return "OK [READ-ONLY] done"

    def found(self, rest: str) -> list[int]:
        first = re.search(r"UID (\d+):\*", rest[4:])
        if first is None:
            return sorted(self.about.mails)
        last = max(self.about.mails, default=0)
        return [uid for uid in sorted(self.about.mails) if uid >= int(first[1]) or uid == last]

    def fetched(self, uid: int, rest: str) -> None:
        mail = self.about.mails.get(uid)
        if mail is None:
            return
        if "RFC822.SIZE" in rest:
            return self.say(f"* 1 FETCH (UID {uid} RFC822.SIZE {self.about.claims or len(mail)})")
        piece = re.search(r"<0\.(\d+)>", rest)
        mail = mail[: int(piece[1])] if piece else mail
        self.wfile.write(f"* 1 FETCH (UID {uid} BODY[] {{{len(mail)}}}\r\n".encode())
        if uid == self.about.cut_at and self.about.cuts:
            self.about.cuts -= 1
            self.wfile.write(mail[: len(mail) // 2])
            self.wfile.flush()
            raise ConnectionError
        self.wfile.write(mail)
        self.say(")")

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")
