"""What the sender's domain says of itself (SPF, DKIM, DMARC): what is there, what is missing, which line to add.

Asked of name servers, in plain words. Without the Internet it says that nothing is known; sending works all the same.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import Any

from django.utils.translation import gettext as _

from fairlead.models import Sending
from fairlead.models.normal import FREE_MAIL

PATIENCE = 3.0  # seconds for one question
ALTOGETHER = 8.0  # seconds for all of them
Asking = Callable[[str], Sequence[str]]
# Under which names keys stand that others do not name: of large services and usual mail servers.
SELECTORS = (
    "default",
    "dkim",
    "mail",
    "google",
    "selector1",
    "selector2",
    "s1",
    "s2",
    "k1",
    "k2",
    "fm1",
    "zoho",
    "smtp",
)


class NotAnswered(Exception):
    """No name server answered."""


@dataclass(frozen=True)
class Advice:
    """`well`: nothing is to be done; `line`: what to add to the domain's records, or to put in the place of one."""

    name: str
    well: bool
    text: str
    line: str = ""


@dataclass(frozen=True)
class Service:
    """Who sends: `spf` is what lets it, "" where its own return path speaks; `shown` where it shows its lines."""

    name: str
    spf: str = ""
    selectors: tuple[str, ...] = ()
    shown: str = ""


SERVICES = {
    "brevo": Service("Brevo", "include:spf.brevo.com", ("brevo1", "brevo2", "mail"), "Senders, Domains"),
    "mailersend": Service("MailerSend", "include:_spf.mailersend.net", ("mlsend2", "mlsend"), "Domains"),
    "mailgun": Service(
        "Mailgun", "include:mailgun.org", ("smtp", "mailo", "mx", "pic", "k1", "s1"), "Sending, Domains"
    ),
    "postmark": Service("Postmark", "", (), "Sender Signatures, DNS Settings"),
    "resend": Service("Resend", "", ("resend",), "Domains"),
}
# Mail servers of large services, by how their host's name ends.
HOSTS = {
    "gmail.com": Service("Google", "include:_spf.google.com", ("google",), "Admin console, Gmail, Authenticate email"),
    "office365.com": Service("Microsoft 365", "include:spf.protection.outlook.com", ("selector1", "selector2"),
                             "Defender portal, Email authentication settings"),
    "messagingengine.com": Service("Fastmail", "include:spf.messagingengine.com", ("fm1", "fm2", "fm3"), "Domains"),
    "zoho.eu": Service("Zoho", "include:zohomail.eu", ("zoho", "zmail"), "Domains, Email configuration"),
    "zoho.com": Service("Zoho", "include:zohomail.com", ("zoho", "zmail"), "Domains, Email configuration"),
    "amazonaws.com": Service("Amazon SES", "include:amazonses.com", (), "Identities, DKIM"),
}  # fmt: skip
HOSTS["google.com"] = HOSTS["gmail.com"]


def advice(sender: str, sending: Sending, ask: Asking | None = None) -> list[Advice]:
    """What to do, so that mail from this sender arrives; `ask` gives the TXT records of a name."""
    domain = parseaddr(sender)[1].rpartition("@")[2].lower().rstrip(".")
    title = _("Domain of the sender")
    top = domain.rpartition(".")[2]
    if "." not in domain or top in {"local", "internal", "localhost"} or top.isdigit():
        text = _("%(domain)s is no domain of the Internet. Write a From address of your own domain above.")
        return [Advice(title, False, text % {"domain": domain or "?"})]
    if domain in FREE_MAIL:
        text = _("%(domain)s is not yours: who gets such a mail from another server takes it for forged. Use your own.")
        return [Advice(title, False, text % {"domain": domain})]
    asked = ask or Questions().texts
    look = _Domain(domain, sender, sending, asked)
    try:
        return [look.spf(), look.dkim(), look.dmarc()]
    except NotAnswered:
        text = _("No name server answered, so nothing is known of %(domain)s. Sending does not need this answer.")
        return [Advice(title, True, text % {"domain": domain})]


@dataclass
class _Domain:
    domain: str
    sender: str
    sending: Sending
    ask: Asking

    @property
    def service(self) -> Service | None:
        if self.sending.provider == Sending.Provider.SMTP:
            host = self.sending.host.lower()
            return next((each for end, each in HOSTS.items() if host == end or host.endswith(f".{end}")), None)
        return SERVICES.get(self.sending.provider)

    @property
    def wanted(self) -> str:
        """What of SPF lets mail leave by whom it is handed to."""
        if self.service is not None:
            return self.service.spf
        return f"a:{self.sending.host}" if self.sending.provider == Sending.Provider.SMTP else ""

    def spf(self) -> Advice:
        """Who may send for the domain (RFC 7208)."""
        title, found = "SPF", [each for each in self.ask(self.domain) if each.lower().split(" ")[0] == "v=spf1"]
        who = self.service.name if self.service else self.sending.host
        if self.service is not None and not self.wanted:
            text = _(
                "%(who)s sends under a return path of its own, so your domain needs no SPF for it. "
                "It shows its own lines under: %(shown)s."
            )
            return Advice(title, True, text % {"who": who, "shown": self.service.shown})
        if not found:
            text = _("Nothing says who may send for %(domain)s. Add this line.")
            line = self._txt(self.domain, f"v=spf1 {self.wanted} ~all")
            return Advice(title, False, text % {"domain": self.domain}, line)
        if len(found) > 1:
            parts = dict.fromkeys(
                part for each in found for part in each.split()[1:] if not part.lower().endswith("all")
            )
            text = _("There are %(number)s of them, which counts as none. Keep one alone, such as this.")
            line = " ".join(["v=spf1", *parts, "~all"])
            return Advice(title, False, text % {"number": len(found)}, self._txt(self.domain, line))
        return self._one_spf(title, found[0], who)

    def _one_spf(self, title: str, found: str, who: str) -> Advice:
        parts = found.split()
        ends = [part for part in parts if part.lower().endswith("all") and len(part) <= 4]
        if "+all" in parts or "all" in parts:
            text = _("It lets everybody send for %(domain)s. Replace it by this line.")
            line = " ".join([*(part for part in parts if part not in ends), "~all"])
            return Advice(title, False, text % {"domain": self.domain}, self._txt(self.domain, line))
        if self.wanted.startswith("include:") and self.wanted not in [part.lower().lstrip("+") for part in parts]:
            text = _("It does not name %(who)s, so its mail looks forged. Replace it by this line.")
            line = " ".join(["v=spf1", self.wanted, *parts[1:]])
            return Advice(title, False, text % {"who": who}, self._txt(self.domain, line))
        if self.wanted.startswith("a:"):
            text = _("It is there: %(found)s. See that it names %(who)s, or its address.")
            return Advice(title, True, text % {"found": found, "who": who})
        return Advice(title, True, _("It is there: %(found)s.") % {"found": found})

    def dkim(self) -> Advice:
        """The keys that mail is signed with (RFC 6376). Only who signs knows their names, so usual ones are tried."""
        title, own = "DKIM", self.service.selectors if self.service else ()
        for name in dict.fromkeys((*own, *SELECTORS)):
            keys = [each for each in self.ask(f"{name}._domainkey.{self.domain}") if "p=" in each.replace(" ", "")]
            if keys and "p=;" not in f"{keys[0].replace(' ', '')};":
                return Advice(title, True, _("A key is there, named %(name)s.") % {"name": name})
            if keys:
                text = _("The key named %(name)s was withdrawn (it is empty). Make a new one where mail is signed.")
                return Advice(title, False, text % {"name": name})
        if self.service is not None and not own:
            text = _("Its key has a name that cannot be guessed. %(who)s says whether it is there, under: %(shown)s.")
            return Advice(title, True, text % {"who": self.service.name, "shown": self.service.shown})
        why = _("Automatic answers leave without a return path, so SPF cannot speak for them: only DKIM does.")
        if self.service is not None:
            words = {"who": self.service.name, "shown": self.service.shown}
            text = _("No key is at the usual names. %(who)s shows the lines to add under: %(shown)s.") % words
        else:
            text = _("No key is at the usual names. Let your mail server sign, and add the line it shows, like this.")
        line = "" if self.service else self._txt(f"mail._domainkey.{self.domain}", "v=DKIM1; k=rsa; p=…")
        return Advice(title, False, f"{text} {why}", line)

    def dmarc(self) -> Advice:
        """What becomes of mail that neither speaks for (RFC 7489): said by the domain, or by one above it."""
        title, labels = "DMARC", self.domain.split(".")
        for at in range(len(labels) - 1):
            above = ".".join(labels[at:])
            said = self.ask(f"_dmarc.{above}")
            found = [each for each in said if each.lower().replace(" ", "").startswith("v=dmarc1")]
            if found:
                return self._one_dmarc(title, found, above)
        text = _(
            "Nothing says what becomes of mail forged in your name, and large providers ask for it. Add this line."
        )
        return Advice(title, False, text, self._txt(f"_dmarc.{self.domain}", self._policy))

    def _one_dmarc(self, title: str, found: list[str], above: str) -> Advice:
        tags = dict(part.strip().partition("=")[::2] for part in found[0].split(";"))
        policy = {name.strip().lower(): value.strip().lower() for name, value in tags.items()}.get("p", "")
        if len(found) > 1 or policy not in {"none", "quarantine", "reject"}:
            text = _("It cannot be read: keep one alone, with a policy, such as this.")
            return Advice(title, False, text, self._txt(f"_dmarc.{above}", self._policy))
        if policy == "none":
            text = _("It is there and only watches (p=none). Once its reports look well, say p=quarantine.")
            return Advice(title, True, text)
        return Advice(title, True, _("It is there: %(found)s.") % {"found": found[0]})

    @property
    def _policy(self) -> str:
        return f"v=DMARC1; p=none; rua=mailto:{parseaddr(self.sender)[1]}"

    @staticmethod
    def _txt(name: str, value: str) -> str:
        return f'{name}. TXT "{value}"'


@dataclass
class Questions:
    """TXT records as this machine's name servers give them, all of them within a few seconds."""

    until: float = field(default_factory=lambda: time.monotonic() + ALTOGETHER)

    def texts(self, name: str) -> list[str]:
        """Those of a name; none when there is no such name. Raises NotAnswered."""
        import dns.exception
        import dns.resolver  # costly, and asked for on one page alone

        left = min(PATIENCE, self.until - time.monotonic())
        if left <= 0:
            raise NotAnswered
        try:
            found: Any = dns.resolver.Resolver().resolve(name, "TXT", lifetime=left, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError):
            raise NotAnswered from None
        return [b"".join(each.strings).decode(errors="replace")[:2000] for each in found]
