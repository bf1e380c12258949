"""Users, their tokens and sessions. Only hashes are stored; for long random strings, sha256 is enough."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from classifier.errors import ConfigError
from classifier.service.store.schema import ServiceDatabase

SESSION_S = 12 * 3600.0
"""Length of a session: a working day, so that a forgotten browser is logged out by the next day."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


class UserRole(StrEnum):
    """What a user may do; each role includes the ones before it."""

    reader = "reader"
    """See everything that is not private to others."""
    reviewer = "reviewer"
    """Decide about labels, and make runs private."""
    owner = "owner"
    """Submit papers and lists, which may cost money."""

    def includes(self, other: UserRole) -> bool:
        """Whether this role includes the other one."""
        order = list(UserRole)
        return order.index(self) >= order.index(other)


class ServiceUser(NamedTuple):
    """A known user."""

    name: str
    role: UserRole


LOCAL = ServiceUser("local", UserRole.owner)
"""The user at this machine; on loopback no login is needed."""


class Users:
    """The users of a database."""

    def __init__(self, database: ServiceDatabase) -> None:
        self._database = database

    def add(self, name: str, role: UserRole) -> str:
        """Adds a user, or gives a known one a new token and role; sessions end.

        Returns:
            The token. It is not stored, and cannot be shown again.

        Raises:
            ConfigError: The name has other characters than letters, digits and ``._@-``.
        """
        if not _NAME.fullmatch(name) or name == LOCAL.name:
            raise ConfigError(
                f"'{name}' cannot be a user's name; expected up to 64 letters, digits and ._@-, not 'local'"
            )
        token = secrets.token_urlsafe(32)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._database.writing() as connection:
            connection.execute("DELETE FROM session WHERE user = ?", (name,))
            connection.execute(
                "INSERT INTO user VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET role = excluded.role,"
                " token = excluded.token",
                (name, role, _hash(token), now),
            )
        return token

    def any(self) -> bool:
        """Whether there is a user."""
        with self._database.reading() as connection:
            return connection.execute("SELECT 1 FROM user LIMIT 1").fetchone() is not None

    def named(self, name: str) -> ServiceUser | None:
        """The user of this name."""
        return self._one("SELECT name, role FROM user WHERE name = ?", name)

    def by_token(self, token: str) -> ServiceUser | None:
        """The user of this token."""
        return self._one("SELECT name, role FROM user WHERE token = ?", _hash(token))

    def by_session(self, session: str) -> ServiceUser | None:
        """The user of this session."""
        return self._one(
            "SELECT name, role FROM session JOIN user ON user.name = session.user"
            " WHERE session.token = ? AND until > ?",
            _hash(session),
            time.time(),
        )

    def open_session(self, user: ServiceUser) -> str:
        """Starts a session; returns its secret."""
        session = secrets.token_urlsafe(32)
        with self._database.writing() as connection:
            connection.execute("DELETE FROM session WHERE until < ?", (time.time(),))
            connection.execute(
                "INSERT INTO session VALUES (?, ?, ?)", (_hash(session), user.name, time.time() + SESSION_S)
            )
        return session

    def close_session(self, session: str) -> None:
        """Ends a session."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM session WHERE token = ?", (_hash(session),))

    def _one(self, statement: str, *values: object) -> ServiceUser | None:
        with self._database.reading() as connection:
            found = connection.execute(statement, values).fetchone()
        return ServiceUser(found[0], UserRole(found[1])) if found else None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
