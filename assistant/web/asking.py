"""Who asks what: a caller as the guard found it, and a question as every web face hands it to the desk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from starlette.requests import HTTPConnection
from starlette.types import Scope

from assistant.answering.models import ChatModel
from assistant.types import Turn

How = Literal["open", "key", "proxy", "portal"]


@dataclass(frozen=True)
class Principal:
    """A caller. ``id`` is stable and no secret: limits, conversations and feedback are kept under it.

    ``how`` it identified itself: not at all (the server is open), by an API key or a session begun with one, by a
    trusted reverse proxy, or by a portal's token. ``address`` is the network address of this request, "" if unknown.
    """

    id: str
    how: How
    portal: str | None = None
    address: str = field(default="", compare=False)


OPEN = Principal(id="local", how="open")


def principal_of(request: HTTPConnection) -> Principal:
    """The caller, which the gate left in ``scope["state"]["principal"]``."""
    found: Principal = getattr(request.state, "principal", OPEN)
    return found


def request_id_of(request: HTTPConnection) -> str:
    """The id of this request, also in the ``X-Request-ID`` of its reply and in each line of the log about it."""
    return str(getattr(request.state, "request_id", ""))


def path_of(scope: Scope) -> str:
    """The path of a request as the routes see it: below the prefix that a proxy serves this server under."""
    return str(scope.get("state", {}).get("path", scope["path"]))


OwnModel = Callable[[], ChatModel]
"""Makes the chat model of a caller's own key. It may resolve the model's address, which takes time; raises Problem."""


@dataclass(frozen=True)
class Asking:
    """A question. ``model`` and ``corpus`` are names the server offers; None: its default.

    ``own_model`` makes a chat model with the caller's own key, which then answers; it is called once the question is
    counted. ``conversation_id`` names the conversation to continue, or, if ``begins``, the new one to begin
    (``Desk.in_conversation``).
    """

    question: str
    history: tuple[Turn, ...] = ()
    model: str | None = None
    corpus: str | None = None
    principal: Principal = field(default=OPEN)
    own_model: OwnModel | None = None
    conversation_id: str | None = None
    begins: bool = False
