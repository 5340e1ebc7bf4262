"""The people who work with Fairlead: users, their roles and teams."""

from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models

from fairlead.core.actor import Actor
from fairlead.core.record import Record, RowQuerySet

ALL = dict.fromkeys(("see", "create", "edit", "delete", "export", "merge", "assign", "mass_update", "undo"), "all")
TEAM = {"see": "all", "create": "all", "edit": "team", "merge": "team", "assign": "team", "undo": "own"}
SEE = {"see": "all"}
# Deny unless granted; a noun that is named here takes nothing from "*".
DEFAULT_ROLES: dict[str, dict[str, dict[str, str]]] = {
    "Administrator": {"*": ALL, "organisation": ALL},
    "Manager": {"*": ALL, "organisation": SEE},
    "Seller": {"*": TEAM, "organisation": SEE},
    "Delivery": {
        "*": SEE | {"undo": "own"},
        "task": TEAM,
        "activity": TEAM,
        "file": TEAM,
        "job": TEAM,
        "organisation": SEE,
    },
    "Read-only": {"*": SEE, "organisation": SEE},
    "Intake": {"*": {}, "lead": {"create": "all"}, "organisation": {}},
}


class Role(Record):
    """A named set of rights, {noun or "*": {action: none | own | team | all}}; `organisation` governs settings."""

    access_as = "organisation"

    name = models.CharField(max_length=60, unique=True)
    grants = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.name


class Team(Record):
    access_as = "organisation"

    name = models.CharField(max_length=80, unique=True)
    schedule = models.ForeignKey("Schedule", null=True, blank=True, on_delete=models.PROTECT, related_name="teams")

    def __str__(self) -> str:
        return self.name


class UserQuerySet(RowQuerySet["User"]):
    def active(self) -> "UserQuerySet":
        return self.filter(is_active=True)  # type: ignore[return-value]


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    pass


class User(AbstractBaseUser, Record):
    """One who signs in. Times are shown in `zone`; single-letter keys can be off (WCAG 2.1.4)."""

    class Theme(models.TextChoices):
        AUTO = "auto"
        LIGHT = "light"
        DARK = "dark"

    class Density(models.TextChoices):
        COMFORTABLE = "comfortable"
        COMPACT = "compact"

    access_as = "organisation"
    api_hidden = frozenset({"password"})
    last_login = None  # type: ignore[assignment]

    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=200)
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="users")
    teams = models.ManyToManyField(Team, blank=True, related_name="members")
    is_active = models.BooleanField(default=True)
    zone = models.CharField(max_length=60, default="Europe/London")
    locale = models.CharField(max_length=12, default="en-GB")
    theme = models.CharField(max_length=5, choices=Theme.choices, default=Theme.AUTO)
    density = models.CharField(max_length=11, choices=Density.choices, default=Density.COMFORTABLE)
    shortcuts = models.BooleanField(default=True)
    reminder_time = models.TimeField(default="09:00")
    tip_seen = models.BooleanField(default=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = UserManager()

    def __str__(self) -> str:
        return self.name

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def actor(self, door: str) -> Actor:
        """This user acting through a door, with the rights of role and teams as they are now (2 queries)."""
        teams = frozenset(self.teams.values_list("pk", flat=True))
        mates = User.objects.filter(teams__in=teams).values_list("pk", flat=True) if teams else ()
        return Actor(
            kind="user",
            door=door,
            label=self.name,
            user_id=self.pk,
            team_ids=teams,
            teammate_ids=frozenset(mates) | {self.pk},
            grants=self.role.grants,
        )
