"""Every setting, read from the environment once. docs/operations.md explains each for people who run Fairlead."""

import os
import secrets
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from fairlead import __version__

VERSION = __version__
PACKAGE = Path(__file__).resolve().parent


def flag(name: str, default: bool = False) -> bool:
    value = os.environ.get(name, "")
    return value.lower() in {"1", "true", "yes", "on"} if value else default


def number(name: str, default: int, least: int = 1, most: int = 65535) -> int:
    value = os.environ.get(name) or str(default)
    if not value.isdecimal() or not least <= int(value) <= most:
        raise SystemExit(f"{name} is '{value}'. It must be a whole number from {least} to {most}.")
    return int(value)


def secret(name: str) -> str:
    """A secret from the environment, or from the file that NAME_FILE names."""
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return os.environ.get(name, "")
    try:
        return Path(path).read_text().strip()
    except (OSError, ValueError) as error:
        raise SystemExit(f"{name}_FILE names {path}, which cannot be read: {error}") from None


# Where everything lives that must survive: database, spool, files, keys.
DATA = Path(os.environ.get("FAIRLEAD_DATA") or Path.home() / ".local/share/fairlead").expanduser().absolute()
PORT = number("FAIRLEAD_PORT", 8321)
HOST = os.environ.get("FAIRLEAD_HOST") or "127.0.0.1"
_REACHED_AS = "127.0.0.1" if HOST in {"0.0.0.0", "::"} else HOST  # noqa: S104
BASE_URL = (os.environ.get("FAIRLEAD_URL") or f"http://{_REACHED_AS}:{PORT}").rstrip("/")
HTTPS = BASE_URL.startswith("https://")
TRUSTED_PROXIES = [p.strip() for p in os.environ.get("FAIRLEAD_TRUSTED_PROXIES", "").split(",") if p.strip()]
DEVELOPMENT = flag("FAIRLEAD_DEV")
LOG = {word.strip() for word in os.environ.get("FAIRLEAD_LOG", "").split(",")}
WEB_PROCESSES = number("FAIRLEAD_WEB", 2, most=64)
WEB_THREADS = number("FAIRLEAD_THREADS", 8, most=64)
# Requests per second with one token in each web process; ten seconds' worth may come at once.
API_RATE = number("FAIRLEAD_API_RATE", 100, most=100_000)
# Arrivals per second from one sender at one endpoint in each web process; ten seconds' worth may come at once.
INTAKE_RATE = number("FAIRLEAD_INTAKE_RATE", 200, most=100_000)
# Posts of one form that one sender may make in ten minutes; what comes more often is kept as spam.
FORM_POSTS = number("FAIRLEAD_FORM_POSTS", 30, most=100_000)
# Hosts of mailboxes that may lie within one's own network; all others must be of the open Internet.
PRIVATE_HOSTS = frozenset(os.environ.get("FAIRLEAD_PRIVATE_HOSTS", "").lower().replace(",", " ").split())
BODY_LIMIT = number("FAIRLEAD_BODY_LIMIT_MB", 100, most=10_000) * 1024 * 1024


def _secret_key() -> str:
    """The signing key: from the environment, else a file of mode 0600 made at first start."""
    if key := os.environ.get("FAIRLEAD_SECRET_KEY"):
        return key
    path = DATA / "secret_key"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    try:
        DATA.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another process was first
        return path.read_text().strip()
    except OSError as error:
        remedy = "Name a folder that this account can write: FAIRLEAD_DATA=/folder"
        raise SystemExit(f"Fairlead cannot write its data folder {DATA} ({error.strerror}).\n{remedy}") from None
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(50))
    return path.read_text().strip()


SECRET_KEY = _secret_key()
DEBUG = False
ALLOWED_HOSTS = [urlsplit(BASE_URL).hostname or "localhost", "localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS += [h.strip() for h in os.environ.get("FAIRLEAD_HOSTS", "").split(",") if h.strip()]


DATABASE_URL = os.environ.get("DATABASE_URL", "")
# The embedded database's file; None when the database is PostgreSQL.
SQLITE: Path | None = None
if not DATABASE_URL or DATABASE_URL.startswith("sqlite"):
    SQLITE = Path(unquote(urlsplit(DATABASE_URL).path.removeprefix("/")) or DATA / "fairlead.sqlite3").absolute()


def _database() -> dict[str, object]:
    url = DATABASE_URL
    if not url or url.startswith("sqlite"):
        parts = urlsplit(url)
        return {
            "ENGINE": "django.db.backends.sqlite3",
            # Only `fairlead migrate` makes the file: a server that cannot find it must not start an empty one.
            "NAME": f"file:{quote(str(SQLITE))}?mode=rw",
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "uri": True,
                "transaction_mode": "IMMEDIATE",
                "timeout": float(dict(parse_qsl(parts.query)).get("timeout", 20)),
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;",
            },
        }
    parts = urlsplit(url)
    options: dict[str, object] = {"connect_timeout": 3, "tcp_user_timeout": 4000, "keepalives_idle": 10}
    # Questions of a page are many and short: compiling one takes longer than it runs. (`?options=` for a pooler that
    # takes none.)
    options |= {"options": "-c jit=off"} | dict(parse_qsl(parts.query, keep_blank_values=True))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.removeprefix("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "fairlead",
]
AUTH_USER_MODEL = "fairlead.User"

MIDDLEWARE = [
    "fairlead.web.headers.Headers",
    "fairlead.web.outage.Outage",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "fairlead.web.headers.Compressed",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

ROOT_URLCONF = "fairlead.urls"
WSGI_APPLICATION = "fairlead.wsgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "NAME": "jinja2",
        "DIRS": [PACKAGE / "web/templates"],
        "OPTIONS": {"environment": "fairlead.web.jinja.environment", "auto_reload": DEVELOPMENT},
    },
]

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STATIC_BUILD = DATA / "build"
STATICFILES_FINDERS = ["fairlead.web.bundle.Bundles"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "fairlead.web.bundle.Assets"},
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEVELOPMENT
FILES = DATA / "files"
FILE_UPLOAD_HANDLERS = ["fairlead.core.upload.Handler"]
SPOOL = DATA / "spool"
# What of our forms is for everybody, to show it while the database is away.
PUBLISHED = DATA / "published"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False  # there are no translations yet, and looking for them takes a tenth of a page

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "email")},
    },
]

AUTHENTICATION_BACKENDS = ["fairlead.web.sessions.Members"]

# Signing in with a provider of the organisation (OpenID Connect); off without an issuer. See fairlead/web/oidc.py.
OIDC_ISSUER = os.environ.get("FAIRLEAD_OIDC_ISSUER", "").strip()
OIDC_CLIENT_ID = os.environ.get("FAIRLEAD_OIDC_CLIENT_ID", "")
OIDC_CLIENT_SECRET = secret("FAIRLEAD_OIDC_CLIENT_SECRET")
OIDC_LABEL = os.environ.get("FAIRLEAD_OIDC_LABEL") or urlsplit(OIDC_ISSUER).hostname or ""
OIDC_DOMAINS = {d.strip().lower() for d in os.environ.get("FAIRLEAD_OIDC_DOMAINS", "").split(",") if d.strip()}
# The role of people who come for the first time; without one only those come in who are users already.
OIDC_ROLE = os.environ.get("FAIRLEAD_OIDC_ROLE", "")
OIDC_IS_STRONG = flag("FAIRLEAD_OIDC_IS_STRONG")
OIDC_ONLY = flag("FAIRLEAD_OIDC_ONLY")
if OIDC_ISSUER:
    _AT = urlsplit(OIDC_ISSUER)
    if _AT.scheme != "https" and _AT.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise SystemExit("FAIRLEAD_OIDC_ISSUER must begin with https://, as in https://login.example.com/realms/ours")
    if not OIDC_CLIENT_ID:
        raise SystemExit("FAIRLEAD_OIDC_ISSUER is set. Set FAIRLEAD_OIDC_CLIENT_ID too: the provider shows it.")
    if OIDC_ROLE and not OIDC_DOMAINS:
        raise SystemExit(
            "FAIRLEAD_OIDC_ROLE lets new people in. Say which, in FAIRLEAD_OIDC_DOMAINS: example.com, or *"
        )
elif OIDC_ONLY:
    raise SystemExit("FAIRLEAD_OIDC_ONLY would keep everybody out: FAIRLEAD_OIDC_ISSUER names no provider.")

# For an organisation whose mail is as safe as a second factor: a mailed or printed link then needs none beside it.
LINK_IS_STRONG = flag("FAIRLEAD_LINK_IS_STRONG")

# smtp://user:password@host:587 (STARTTLS), smtps://… (TLS), ?tls=no for neither; without it mail is kept as files.
_SMTP = urlsplit(os.environ.get("FAIRLEAD_SMTP_URL", ""))
if _SMTP.scheme not in {"", "smtp", "smtps"}:
    raise SystemExit(
        "FAIRLEAD_SMTP_URL must begin with smtp:// or smtps://, as in smtp://user:password@mail.example:587"
    )
EMAIL_BACKEND = "fairlead.programs.sending.Server" if _SMTP.hostname else "fairlead.work.maildir.Folder"
EMAIL_HOST, EMAIL_PORT = _SMTP.hostname or "", _SMTP.port or (465 if _SMTP.scheme == "smtps" else 587)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_SMTP.username or ""), unquote(_SMTP.password or "")
EMAIL_USE_SSL = _SMTP.scheme == "smtps"
EMAIL_USE_TLS = _SMTP.scheme == "smtp" and dict(parse_qsl(_SMTP.query)).get("tls") != "no"
EMAIL_TIMEOUT = 10
MAIL_FROM = os.environ.get("FAIRLEAD_MAIL_FROM", "")
DEFAULT_FROM_EMAIL = MAIL_FROM or f"Fairlead <fairlead@{urlsplit(BASE_URL).hostname}>"

SESSION_ENGINE = "fairlead.web.sessions"
SESSION_COOKIE_AGE = 14 * 24 * 3600  # at most; an idle session ends after 12 hours (models/session.py)
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
if HTTPS:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
CSRF_FAILURE_VIEW = "fairlead.web.page.too_old"
CSRF_TRUSTED_ORIGINS = [BASE_URL] if HTTPS else []

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "fairlead.work.log.OneLine"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO"},
        "django.request": {"level": "ERROR"},
        "django.server": {"handlers": []},
    },
}
