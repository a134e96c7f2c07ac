"""What must hold of sign-ins and tokens, said without the code that is tested."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto

from lms_domain.identity.api_tokens import ApiTokenId
from lms_domain.identity.model import Role
from lms_domain.kernel import SessionId, UserId

REFRESH_DAYS, LONGEST_DAYS, ACCESS_MINUTES, GRACE_SECONDS = 30, 90, 15, 10  # as docs/sessions.md promises


class Refresh(Enum):
    NEW = auto()  # another refresh token
    AGAIN = auto()  # the one that was answered before
    THEFT = auto()  # refused, and the session ends
    OVER = auto()  # refused


@dataclass(eq=False, kw_only=True)
class Person:
    """`era`: rises with whatever voids all access tokens that were made before."""

    id: UserId
    email: str
    password: str
    roles: list[Role]
    is_active: bool = True
    era: int = 1


@dataclass(eq=False, kw_only=True)
class SignIn:
    """`refresh_tokens`: the last one is the current one; none where an admin stands in. `ends_at`: however used."""

    id: SessionId
    person: Person
    refresh_tokens: list[str]
    expires_at: datetime
    ends_at: datetime
    refreshed_at: datetime | None = None
    is_over: bool = False

    def expected(self, token: str, now: datetime) -> Refresh:
        """Of a refresh token that was given out for this."""
        if self.is_over or now >= self.expires_at:
            return Refresh.OVER
        if token == self.refresh_tokens[-1]:
            return Refresh.NEW
        recent = self.refreshed_at is not None and now <= self.refreshed_at + timedelta(seconds=GRACE_SECONDS)
        return Refresh.AGAIN if recent and token == self.refresh_tokens[-2] else Refresh.THEFT

    def refreshed(self, token: str, now: datetime) -> None:
        self.refresh_tokens.append(token)
        self.refreshed_at, self.expires_at = now, min(self.ends_at, now + timedelta(days=REFRESH_DAYS))


@dataclass(eq=False, kw_only=True)
class Access:
    """An access token. `behind`: that of the admin who stands in with this one."""

    token: str
    sign_in: SignIn
    expires_at: datetime
    era: int
    behind: "Access | None" = None

    @property
    def person(self) -> Person:
        return self.sign_in.person

    def is_good(self, now: datetime) -> bool:
        return now < self.expires_at and self.stands

    @property
    def stands(self) -> bool:
        """Nothing that it rests on was ended."""
        return not self.sign_in.is_over and self.era == self.person.era and (self.behind is None or self.behind.stands)


@dataclass(eq=False, kw_only=True)
class Program:
    """A personal API token."""

    id: ApiTokenId
    token: str
    person: Person
    expires_at: datetime
    is_revoked: bool = False

    def is_good(self, now: datetime) -> bool:
        return now < self.expires_at and not self.is_revoked


@dataclass
class Model:
    sign_ins: list[SignIn] = field(default_factory=list)
    accesses: list[Access] = field(default_factory=list)
    programs: list[Program] = field(default_factory=list)

    def signed_in(self, sign_in: SignIn) -> SignIn:
        self.sign_ins.append(sign_in)
        return sign_in

    def given(self, access: Access) -> Access:
        self.accesses.append(access)
        return access

    def end_sign_ins(self, person: Person, but: SignIn | None = None) -> None:
        for each in self.sign_ins:
            if each.person is person and each is not but:
                each.is_over = True

    def end_all(self, person: Person) -> None:
        self.end_sign_ins(person)
        person.era += 1

    def give_roles(self, person: Person, roles: list[Role]) -> None:
        if set(roles) != set(person.roles):
            person.roles = roles
            person.era += 1

    def close(self, person: Person) -> None:
        if person.is_active:
            person.is_active = False
            self.end_all(person)
            self.revoke_programs(person)

    def restore(self, person: Person) -> None:
        if not person.is_active:
            person.is_active = True
            person.era += 1

    def revoke_programs(self, person: Person) -> None:
        for each in self.programs:
            each.is_revoked = each.is_revoked or each.person is person
