"""The protocol over HTTP, as a route of the served application: its guard, limits and logs hold here too."""

from __future__ import annotations

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from assistant.corpus.loading import built_in
from assistant.web.context import Web
from assistant.web.desk import Desk
from assistant.web.mcp.protocol import mcp_server

PATH = "/mcp"


def mcp_route(web: Web) -> Route:
    """The route ``POST /mcp``. There are no sessions, so nothing a caller did can be taken up by another."""
    return Route(PATH, endpoint=Endpoint(web), methods=["POST"], name="mcp")


class Endpoint:
    """An ASGI application that answers each request by itself: when the request ends, its work ends."""

    def __init__(self, web: Web) -> None:
        """Over what the application shares."""

        async def opened() -> Desk:
            return web.desk

        self._server = mcp_server(opened, web.reach, own=not built_in(web.shelf.default.essays))
        self._most_bytes = web.settings.max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        manager = StreamableHTTPSessionManager(
            self._server,
            stateless=True,
            max_request_body_size=self._most_bytes,
            # The guard has looked at Host and Origin, by the settings; the library's own list knows only this machine.
            security_settings=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        )
        async with manager.run():
            await manager.handle_request(scope, receive, send)
