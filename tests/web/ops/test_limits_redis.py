"""Limits counted by a Redis server, which several servers share."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.settings import load_settings
from assistant.types import Usage
from assistant.web.asking import Principal
from assistant.web.observe.limits import Limiter, TokenCaps, limits_of
from assistant.web.observe.problems import Problem

ANN = Principal("ann", "key")
PROGRAM = os.environ.get("REDIS_SERVER") or shutil.which("redis-server")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="There is no redis-server: install Debian's redis-server."),
]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(PROGRAM), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path), "--save", ""]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert any(b"eady to accept connections" in line for line in process.stdout)
        yield f"redis://127.0.0.1:{port}", process
        process.kill()


def two_servers(address: str) -> list[tuple[Limiter, TokenCaps]]:
    settings = load_settings(rate_limit="2/hour", token_cap="100/day", rate_limit_storage=address)
    return [limits_of(settings) for _ in range(2)]


async def close(servers: list[tuple[Limiter, TokenCaps]]) -> None:
    for limiter, _ in servers:
        await limiter._storage.bridge.storage.aclose()  # type: ignore[union-attr]


async def test_two_servers_count_together(redis: tuple[str, subprocess.Popen[bytes]]) -> None:
    servers = two_servers(redis[0])
    (here, caps), (there, other_caps) = servers
    await here.check()
    await here.question(ANN)
    await there.question(ANN)
    for limiter in (here, there):
        with pytest.raises(Problem) as refused:
            await limiter.question(ANN)
        assert refused.value.status == 429
        assert 0 < int(refused.value.headers["Retry-After"]) <= 7200
    await caps.check(ANN)
    await other_caps.spend(ANN, Usage(input_tokens=100))
    with pytest.raises(Problem, match="used up") as spent:
        await caps.check(ANN)
    assert 0 < int(spent.value.headers["Retry-After"]) <= 86_401
    await close(servers)


async def test_a_redis_that_goes_is_told(redis: tuple[str, subprocess.Popen[bytes]]) -> None:
    servers = two_servers(redis[0])
    await servers[0][0].question(ANN)
    redis[1].send_signal(signal.SIGKILL)
    redis[1].wait()
    with pytest.raises(Problem) as refused:
        await servers[0][0].question(ANN)
    assert refused.value.code == "limits_unavailable"
    await close(servers)
