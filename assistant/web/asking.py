"""A question as every web face hands it to the desk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from assistant.answering.models import ChatModel
from assistant.types import Turn
from assistant.web.principal import OPEN, Principal

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
