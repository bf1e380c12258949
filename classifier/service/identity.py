"""A request's headers -> who it is from: by a token, a session cookie, or a trusted proxy's header."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from threading import Lock

from starlette.requests import HTTPConnection, Request

from classifier.service.config import ServiceConfig
from classifier.service.problems import HttpProblem
from classifier.service.store.users import LOCAL, ServiceUser, UserRole, Users

COOKIE = "classifier_session"
_REMEMBERED_S = 5.0
"""Seconds for which a known token is cached; a removed token still works for this time."""
_REMEMBERED = 1000


class Identity:
    """Identifies the user of a request."""

    def __init__(self, config: ServiceConfig, users: Users) -> None:
        self._config = config
        self._users = users
        self._known: dict[tuple[str, str], tuple[float, ServiceUser | None]] = {}
        self._lock = Lock()

    def of(self, connection: HTTPConnection) -> ServiceUser | None:
        """The user of a request; None if unknown.

        Raises:
            StoreError: The users cannot be read.
        """
        if not self._config.needs_login:
            return LOCAL
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token:
            return self._remembered("token", token.strip(), self._users.by_token)
        header = self._config.proxy_header
        if header and self.is_peer(connection) and (name := connection.headers.get(header, "")):
            return self._remembered("name", name, self._users.named)
        if session := connection.cookies.get(COOKIE):
            return self._remembered("session", session, self._users.by_session)
        return None

    def forget(self) -> None:
        """Clears the cached users."""
        with self._lock:
            self._known.clear()

    def is_peer(self, connection: HTTPConnection) -> bool:
        """Whether the request comes from a proxy whose header is trusted."""
        peer = connection.client.host if connection.client else ""
        try:
            return ipaddress.ip_address(peer) in {ipaddress.ip_address(known) for known in self._config.peers}
        except ValueError:
            return False

    def _remembered(
        self, kind: str, secret: str, look_up: Callable[[str], ServiceUser | None]
    ) -> ServiceUser | None:
        now = time.monotonic()
        with self._lock:
            until, user = self._known.get((kind, secret), (0.0, None))
        if now < until:
            return user
        user = look_up(secret)
        with self._lock:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            if user is not None:
                self._known[(kind, secret)] = (now + _REMEMBERED_S, user)
        return user


def user_of(request: Request) -> ServiceUser:
    """The user of a request, as found by the guard.

    Raises:
        HttpProblem: The user is unknown (401).
    """
    user: ServiceUser | None = request.scope.get("classifier.user")
    if user is None:
        raise HttpProblem(
            401,
            "login-needed",
            "a token is needed; send 'Authorization: Bearer TOKEN', or log in at /login "
            "(the owner of the service creates tokens: classifier serve --add-user NAME)",
            {"WWW-Authenticate": "Bearer"},
        )
    return user


def needs(role: UserRole) -> Callable[[Request], ServiceUser]:
    """A dependency that requires a role.

    Raises:
        HttpProblem: The user is unknown (401), or the role is not sufficient (403).
    """

    def check(request: Request) -> ServiceUser:
        user = user_of(request)
        if not user.role.includes(role):
            raise HttpProblem(
                403,
                "not-allowed",
                f"'{user.name}' is a {user.role} here, and this needs a {role}; ask the owner of the service",
            )
        return user

    return check


reader, reviewer, owner = needs(UserRole.reader), needs(UserRole.reviewer), needs(UserRole.owner)
