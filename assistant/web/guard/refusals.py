"""How the guard says no."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from assistant.web.ops.problems import Problem


def unauthorized(code: str, message: str, remedy: str) -> Problem:
    """The caller has to say who it is: 401."""
    return Problem(401, code, message, remedy, {"WWW-Authenticate": "Bearer"})


async def send_refusal(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """The reply instead of the application's; a websocket is closed before it opens, which its caller sees as a 403."""
    if scope["type"] != "websocket":
        await response(scope, receive, send)
        return
    # Not the reply itself: uvicorn logs an error for each websocket that is refused with one.
    await receive()  # the wish to connect
    await send({"type": "websocket.close", "code": 1008, "reason": ""})
