"""Who asks, and why: every read and every command carries a warrant. Denied by default."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from commonwatt.kernel.errors import NotPermitted


class Role(StrEnum):
    """What somebody is to the city."""

    SYSTEM = "system"
    OPERATOR = "operator"
    ENGINEER = "engineer"
    RESIDENT = "resident"


class Purpose(StrEnum):
    """What a read or command is for (purpose limitation, GDPR art. 5(1)(b))."""

    OPERATE = "operate"
    FORECAST = "forecast"
    SETTLE = "settle"
    STUDY = "study"
    OWN = "own"


_ALLOWED: dict[Role, frozenset[Purpose]] = {
    Role.SYSTEM: frozenset({Purpose.OPERATE, Purpose.FORECAST, Purpose.SETTLE, Purpose.STUDY}),
    Role.OPERATOR: frozenset({Purpose.OPERATE}),
    Role.ENGINEER: frozenset({Purpose.STUDY}),
    Role.RESIDENT: frozenset({Purpose.OWN}),
}


@dataclass(frozen=True)
class Principal:
    """Somebody, or a part of the system, that acts; `owns` lists a resident's connections."""

    id: str
    role: Role
    owns: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Warrant:
    """A principal with a purpose."""

    principal: Principal
    purpose: Purpose

    def require(self, *purposes: Purpose) -> None:
        """Return if this warrant covers one of `purposes`.

        Raises:
            NotPermitted: its purpose is another, or its role may not have that purpose.
        """
        if self.purpose not in purposes or self.purpose not in _ALLOWED[self.principal.role]:
            wanted = " or ".join(purposes)
            msg = (
                f"{self.principal.id} ({self.principal.role}) asked for purpose "
                f"{self.purpose}, but this needs {wanted}"
            )
            raise NotPermitted(msg)


def system(part: str, purpose: Purpose) -> Warrant:
    """The warrant under which a part of commonwatt itself acts."""
    return Warrant(Principal(part, Role.SYSTEM), purpose)
