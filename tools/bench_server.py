"""The server's overhead over the pipeline: on one kept-alive connection, and with many clients at once."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence

import httpx
import uvicorn

from assistant.settings import Settings
from assistant.web.app import create_app, end_streams
from assistant.web.catalog import Shelf, changed, warm_up
from assistant.web.server import OrderlyServer, listening

AT_ONCE = 50
Row = dict[str, float]


def serving_rows(settings: Settings, questions: Sequence[str]) -> dict[str, Row]:
    """Two rows: milliseconds over the pipeline, and the 50 askers."""
    with Shelf.opened(changed(settings, rate_limit="")) as shelf:
        warm_up(shelf.default)
        return asyncio.run(_measured(shelf, questions))


async def _measured(shelf: Shelf, questions: Sequence[str]) -> dict[str, Row]:
    app = create_app(shelf)
    with listening("127.0.0.1", 0) as listener:
        server = OrderlyServer(uvicorn.Config(app, log_level="error", access_log=False), lambda: end_streams(app))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with httpx.AsyncClient(base_url=address, timeout=120, trust_env=False) as client:
            overhead, crowd = await _overhead(client, shelf, questions), await _crowd(client, questions)
        server.should_exit = True
        await serving
        await asyncio.to_thread(app.state.web.desk.wait)
        app.state.web.ops.close()
    return {"served question / the pipeline": overhead, f"{AT_ONCE} askers at once": crowd}


async def _overhead(client: httpx.AsyncClient, shelf: Shelf, questions: Sequence[str]) -> Row:
    """Medians over the questions, each asked by turns at the server and of the pipeline in a thread."""
    served, direct = [], []
    for question in [*questions[:3], *questions]:
        served.append(await _timed(client, question))
        started = time.perf_counter()
        await asyncio.to_thread(shelf.default.ask, question)
        direct.append(1000 * (time.perf_counter() - started))
    ours, base = statistics.median(served[3:]), statistics.median(direct[3:])
    return {"p50 ms": ours, "pipeline ms": base, "over ms": ours - base, "errors": 0.0, "p95 ms": _p95(served[3:])}


async def _crowd(client: httpx.AsyncClient, questions: Sequence[str]) -> Row:
    """Every asker asks once, all at the same moment."""
    asked = [questions[i % len(questions)] for i in range(AT_ONCE)]
    found = await asyncio.gather(*(_timed(client, question) for question in asked), return_exceptions=True)
    times = [ms for ms in found if isinstance(ms, float)]
    row = {"p50 ms": statistics.median(times), "p95 ms": _p95(times), "errors": float(len(found) - len(times))}
    return {**row, "pipeline ms": float("nan"), "over ms": float("nan")}


async def _timed(client: httpx.AsyncClient, question: str) -> float:
    """Milliseconds to the whole reply. Raises httpx.HTTPError for any but a good one."""
    started = time.perf_counter()
    (await client.post("/api/ask", json={"question": question})).raise_for_status()
    return 1000 * (time.perf_counter() - started)


def _p95(times: Sequence[float]) -> float:
    return sorted(times)[int(0.95 * (len(times) - 1))]
