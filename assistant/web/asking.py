"""A question as every web face hands it to the desk.

Who asks, as every route of the web faces sees it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from starlette.requests import HTTPConnection

from assistant.answering.models import ChatModel
from assistant.types import Turn

How = Literal["open", "key", "proxy", "portal"]


@dataclass(frozen=True)
class Principal:
    """A caller. ``id`` is stable and no secret: limits, conversations and feedback are kept under it.

    ``how`` is what it was known by: nothing (the server is open), an API key (or the session of someone who gave
    one), a trusted reverse proxy, or a portal's token.
    """

    id: str
    how: How
    portal: str | None = None


OPEN = Principal(id="local", how="open")


def principal_of(request: HTTPConnection) -> Principal:
    """The caller the guard found; it leaves it in ``scope["state"]["principal"]``."""
    found: Principal = getattr(request.state, "principal", OPEN)
    return found


def request_id_of(request: HTTPConnection) -> str:
    """The id of this request, also in the ``X-Request-ID`` of its reply and in each line of the log about it."""
    return str(getattr(request.state, "request_id", ""))


OwnModel = Callable[[], ChatModel]
"""Makes the chat model of a caller's own key. It may look the model's address up, which takes time; raises Problem."""


@dataclass(frozen=True)
class Asking:
    """A question as a face takes it. ``model`` and ``corpus`` are names the server offers; None: its default.

    ``peer`` is the network address of the caller. ``own_model`` makes a chat model with the caller's own key, once the
    question is counted; it answers instead of any other. ``conversation_id`` names the conversation the question goes
    on with, or, where ``begins``, the new one it begins (``Desk.in_conversation``).
    """

    question: str
    history: tuple[Turn, ...] = ()
    model: str | None = None
    corpus: str | None = None
    principal: Principal = field(default=OPEN)
    peer: str = ""
    own_model: OwnModel | None = None
    conversation_id: str | None = None
    begins: bool = False
