"""A fault of the server's own, as a page of a listed site and the log are told of it."""

import logging

import pytest
from guarding import EVIL, LISTED, RealApp, ask

from assistant import Assistant
from assistant.web.guard.proxies import Hosts

CANARY = "canary-8841"


def breaks(*_: object, **__: object) -> None:
    raise ValueError(CANARY)


@pytest.mark.parametrize(("broken", "method"), [(Assistant, "search"), (Hosts, "check")], ids=["a route", "the gate"])
async def test_a_listed_page_can_read_the_problem(
    real_app: RealApp,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    broken: type,
    method: str,
) -> None:
    app = real_app(allowed_origins=LISTED)
    monkeypatch.setattr(broken, method, breaks)
    with caplog.at_level(logging.ERROR):
        reply = await ask(app, "/api/search?q=prompting", origin=LISTED)
    assert reply.status == 500
    assert reply.json()["request_id"] == reply.headers["x-request-id"]
    assert reply.headers["access-control-allow-origin"] == LISTED
    assert "X-Request-ID" in reply.headers["access-control-expose-headers"]
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert CANARY not in reply.text
    assert len([record for record in caplog.records if record.levelno >= logging.ERROR]) == 1


async def test_other_pages_still_get_no_leave(real_app: RealApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Assistant, "search", breaks)
    reply = await ask(real_app(allowed_origins=LISTED), "/api/search?q=prompting", origin=EVIL)
    assert reply.status == 500
    assert "access-control-allow-origin" not in reply.headers
