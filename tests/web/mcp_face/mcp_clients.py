"""The official client, connected to each transport."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from mcp import Client, StdioServerParameters
from mcp.shared.exceptions import MCPError
from mcp_types import TextContent

QUESTIONS = ("When is fine-tuning worth it?", "What does LoRA cost?", "How does retrieval help with facts?")


@asynccontextmanager
async def on_stdio(**settings: str) -> AsyncIterator[Client]:
    given = {k: v for k, v in os.environ.items() if k.startswith("ASSISTANT_")}
    given |= {f"ASSISTANT_{name.upper()}": value for name, value in settings.items()}
    program = "from assistant.cli import main; import sys; sys.argv[1:] = ['mcp']; main()"
    async with Client(StdioServerParameters(command=sys.executable, args=["-c", program], env=given)) as client:
        yield client


@asynccontextmanager
async def over_http(address: str) -> AsyncIterator[Client]:
    async with Client(f"{address}mcp") as client:
        yield client


def text(result: Any) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


class EachCall:
    """The client over HTTP, connected anew for each call: a connection may not outlive the task it was made in."""

    def __init__(self, address: str) -> None:
        self._address = address

    def __getattr__(self, method: str) -> Any:
        async def call(*given: Any) -> Any:
            async with over_http(self._address) as client:
                try:
                    return await getattr(client, method)(*given)
                except MCPError as error:
                    refused = error  # raised in here it would come out in groups
            raise refused

        return call
