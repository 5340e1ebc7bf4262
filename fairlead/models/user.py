"""The people who work with Fairlead: users, their roles and teams."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairlead.core.actor import Actor, granted
from fairlead.core.errors import WrongState
from fairlead.core.prepared import Prepared
from fairlead.core.record import Record, RowQuerySet, writing
from fairlead.models.place import known_locale, known_zone

if TYPE_CHECKING:
    from fairlead.core.act import Change

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


def no_password() -> str:
    """What stands for a password that nobody can type."""
    return make_password(None)


class Role(Record):
    """A named set of rights, {noun or "*": {action: none | own | team | all}}; `organisation` governs settings.

    `second_factor`: who has this role signs in with one.
    """

    access_as = "organisation"

    name = models.CharField(max_length=60, unique=True)
    grants = models.JSONField(default=dict, blank=True)
    second_factor = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name

    @property
    def governs(self) -> bool:
        """Does this role run the house: people, roles, settings?"""
        return granted(self.grants, "edit", "organisation") == "all"

    @classmethod
    def derive(cls, changes: "Sequence[Change]") -> None:
        """Nothing to bring up to date, but one thing to hold: somebody must be left who runs the house."""
        if any("grants" in each.before and each.op == "change" for each in changes):
            demand_governed()


class Team(Record):
    access_as = "organisation"

    name = models.CharField(max_length=80, unique=True)
    schedule = models.ForeignKey("Schedule", null=True, blank=True, on_delete=models.PROTECT, related_name="teams")

    def __str__(self) -> str:
        return self.name


class UserQuerySet(RowQuerySet["User"]):
    def active(self) -> "UserQuerySet":
        return self.filter(is_active=True)


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
    # Kept out of events like what is derived: a password has no history.
    derived = frozenset({"password"})
    last_login = None

    password = models.CharField(max_length=128, default=no_password)
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=200)
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="users")
    teams = models.ManyToManyField(Team, blank=True, related_name="members", verbose_name=gettext_lazy("team"))
    is_active = models.BooleanField(default=True)
    zone = models.CharField(max_length=60, default="Europe/London", validators=[known_zone])
    locale = models.CharField(max_length=12, default="en-GB", validators=[known_locale])
    theme = models.CharField(max_length=5, choices=Theme.choices, default=Theme.AUTO)
    density = models.CharField(max_length=11, choices=Density.choices, default=Density.COMFORTABLE)
    shortcuts = models.BooleanField(default=True)
    reminder_time = models.TimeField(default="09:00")
    # minutes before a task with a time, empty for never; by mail too, besides on the page
    remind_minutes = models.PositiveSmallIntegerField(null=True, blank=True, default=15)
    remind_by_mail = models.BooleanField(default=False)
    # when the mail comes that says what is due today, on working days; empty for never
    summary_at = models.TimeField(null=True, blank=True)
    # where the telephone system rings: calls that it tells of are known as this user's by it
    extension = models.CharField(max_length=60, blank=True)
    tip_seen = models.BooleanField(default=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects: ClassVar = UserManager()

    def __str__(self) -> str:
        return self.name

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def keep_password(self, raw: str) -> None:
        """Set the password; only its argon2 hash is kept."""
        self.password = make_password(raw)
        with writing():
            User.objects.filter(pk=self.pk).update(password=self.password)

    def check_password(self, raw_password: str | None) -> bool:
        """Is this the password? One that was hashed by older rules is hashed anew."""
        return raw_password is not None and check_password(raw_password, self.password, self.keep_password)

    @classmethod
    def derive(cls, changes: "Sequence[Change]") -> None:
        """Nothing to bring up to date, but one thing to hold: somebody must be left who runs the house."""
        if any(each.op != "create" and {"role", "is_active"} & each.before.keys() for each in changes):
            governing = [role.pk for role in Role.objects.all() if role.governs]
            if any(each.before.get("role", getattr(each.row, "role_id", 0)) in governing for each in changes):
                demand_governed()
        if other := {each.row.pk for each in changes if each.op == "change" and "remind_minutes" in each.before}:
            from fairlead.models.task import renew_reminders

            renew_reminders(other)

    def actor(self, door: str) -> Actor:
        """This user acting through a door, with the rights of role and teams as they are now (1 query, 2 with role)."""
        return self.acting(door, [(each.team_id, each.user_id) for each in _mates(self.pk)])

    def acting(self, door: str, pairs: "Sequence[tuple[int, int]]") -> Actor:
        """As `actor`, with the (team, member) pairs of this user's teams, or of all, read already."""
        mine = {team for team, mate in pairs if mate == self.pk}
        pairs = [pair for pair in pairs if pair[0] in mine]
        return Actor(
            kind="user",
            door=door,
            label=self.name,
            user_id=self.pk,
            team_ids=frozenset(team for team, _mate in pairs),
            teammate_ids=frozenset(mate for _team, mate in pairs) | {self.pk},
            grants=self.role.grants,
        )


def _of_my_teams(user_id: int) -> Any:
    members: Any = User.teams.through._default_manager
    return members.filter(team_id__in=members.filter(user_id=user_id).values("team_id"))


_mates = Prepared(_of_my_teams, ["team_id", "user_id"], int)


def actors(users: "Sequence[User]", door: str) -> list[Actor]:
    """What each of these users may, in one query."""
    pairs = list(User.teams.through._default_manager.values_list("team_id", "user_id"))
    return [user.acting(door, pairs) for user in users]


def demand_governed() -> None:
    """Refuse to leave the house without anybody active who runs it: people, roles, settings."""
    governing = [role.pk for role in Role.objects.all() if role.governs]
    # Locked, so that two administrators cannot take each other's rights at the same moment.
    left = User.objects.select_for_update().active().filter(role__in=governing).order_by("pk")
    if not left.values_list("pk", flat=True):
        raise WrongState(_("Somebody must stay administrator. Make another person administrator first."))
