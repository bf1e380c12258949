"""Advice about a model or an address that a server does not know, from the server's list of models.

What enters: a rejection. What leaves: the same rejection, with the server's models or the probable address in
its message. It never fails: if the list cannot be fetched, the message is unchanged.
"""

from __future__ import annotations

import asyncio
import difflib
import json
import re
from collections.abc import Awaitable, Callable

from classifier.engines.openai.failures import RejectedRequest, one_line
from classifier.engines.openai.lenient import dict_of, list_of
from classifier.engines.openai.wording import is_unknown_model, is_unknown_path
from classifier.errors import ClassifierError

_SHOWN = 8
"""Most models in a message: those with a similar name first, then the first ones of the list."""
_NAME_CHARS = 80
_VERSIONED = re.compile(r"/v\d+\w*(?:/|$)|/deployments/")


class Advice:
    """Asks a server for its models at most once, and only after it rejected a request.

    Args:
        base_url: The API's root, without secrets.
        fetch: Fetches the text of `/models`.
    """

    def __init__(self, base_url: str, fetch: Callable[[], Awaitable[str]]) -> None:
        self._base_url = base_url
        self._fetch = fetch
        self._names: list[str] | None = None
        self._lock = asyncio.Lock()

    async def on(self, error: RejectedRequest, model: str) -> RejectedRequest:
        """The rejection, with advice in its message if it is about an unknown model or address."""
        is_path = is_unknown_path(error.said)
        if not (error.status == 404 or is_unknown_model(error.said) or is_path):
            return error
        names = [] if is_path else await self._models()
        if names:
            advice = f"the server has {_listed(names, model)}"
        elif is_unknown_model(error.said) or _VERSIONED.search(self._base_url):
            return error
        else:
            advice = f"the API's root often ends in /v1: try {self._base_url}/v1"
        return RejectedRequest(f"{error.message}; {advice}", error.status, error.said)

    async def _models(self) -> list[str]:
        async with self._lock:
            if self._names is None:
                try:
                    self._names = _names(await self._fetch())
                except ClassifierError:
                    self._names = []
        return self._names


def _names(text: str) -> list[str]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return []
    rows = list_of(body) or list_of(dict_of(body).get("data")) or list_of(dict_of(body).get("models"))
    ids = ((dict_of(row).get("id") or dict_of(row).get("name") or row) for row in rows)
    names = [one_line(name)[:_NAME_CHARS] for name in ids if isinstance(name, str)]
    return [name for name in dict.fromkeys(names) if name]


def _listed(names: list[str], model: str) -> str:
    near = difflib.get_close_matches(model, names[:2000], n=_SHOWN, cutoff=0.5)
    shown = list(dict.fromkeys([*near, *names]))[:_SHOWN]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return ", ".join(shown) + more
