"""How much one caller may ask."""

import socket
import time
from dataclasses import replace

import pytest

from assistant.errors import ConfigurationError, Problem
from assistant.settings import load_settings
from assistant.types import Usage
from assistant.web.asking import OPEN, Principal
from assistant.web.observe.limits import Limiter, TokenCaps, limits_of, neighbourhood

ANN, BOB = Principal("ann", "key"), Principal("bob", "key")
PRICES = {"model_price_input": 2.0, "model_price_output": 10.0}


async def refusal(limiter: Limiter, principal: Principal, peer: str) -> Problem | None:
    try:
        await limiter.question(replace(principal, address=peer))
    except Problem as problem:
        return problem
    return None


async def over(caps: TokenCaps, principal: Principal) -> str | None:
    try:
        await caps.check(principal)
    except Problem as problem:
        return problem.code if problem.status == 429 and int(problem.headers["Retry-After"]) > 0 else str(problem)
    return None


def limiter(limit: str, **settings: object) -> Limiter:
    return limits_of(load_settings(rate_limit=limit, **settings))[0]


async def test_one_question_too_many_is_told_when_to_come_back() -> None:
    limits = limiter("3/hour")
    assert [await refusal(limits, ANN, "192.0.2.1") for _ in range(3)] == [None] * 3
    problem = await refusal(limits, ANN, "192.0.2.1")
    assert problem is not None
    assert (problem.status, problem.code) == (429, "rate_limited")
    seconds = int(problem.headers["Retry-After"])
    assert 0 < seconds <= 7200
    assert problem.headers["RateLimit-Policy"] == '"caller";q=3;w=3600'
    assert problem.headers["RateLimit"] == f'"caller";r=0;t={seconds}'
    assert str(seconds) in str(problem)


async def test_after_the_time_told_one_more_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    limits, now = limiter("3/minute"), 1_000_000_030.0
    monkeypatch.setattr(time, "time", lambda: now)
    for _ in range(3):
        assert await refusal(limits, ANN, "") is None
    problem = await refusal(limits, ANN, "")
    assert problem is not None
    now += int(problem.headers["Retry-After"])
    assert await refusal(limits, ANN, "") is None
    problem = await refusal(limits, ANN, "")
    assert problem is not None
    now += int(problem.headers["Retry-After"]) - 2
    assert await refusal(limits, ANN, "") is not None


@pytest.mark.parametrize("jump", [-3600, 3600])
async def test_a_clock_that_jumps_locks_nobody_out_for_longer_than_it_jumped(
    monkeypatch: pytest.MonkeyPatch, jump: int
) -> None:
    limits, now = limiter("3/minute"), 1_000_000_030.0
    monkeypatch.setattr(time, "time", lambda: now)
    for _ in range(3):
        assert await refusal(limits, ANN, "") is None
    now += jump
    problem = await refusal(limits, ANN, "")
    if problem is not None:
        assert int(problem.headers["Retry-After"]) <= abs(jump) + 120
        now += int(problem.headers["Retry-After"])
        assert await refusal(limits, ANN, "") is None


async def test_a_caller_is_counted_wherever_it_asks_from() -> None:
    limits = limiter("2/hour")
    assert await refusal(limits, ANN, "192.0.2.1") is None
    assert await refusal(limits, ANN, "192.0.2.2") is None
    assert await refusal(limits, ANN, "192.0.2.3") is not None


async def test_many_known_callers_behind_one_address_have_a_share_each() -> None:
    limits = limiter("2/hour")
    for number in range(20):
        assert await refusal(limits, Principal(f"user-{number}", "proxy"), "192.0.2.1") is None


async def test_a_question_that_is_refused_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    limits, now = limiter("2/minute"), 1_000_000_030.0
    monkeypatch.setattr(time, "time", lambda: now)
    for _ in range(2):
        assert await refusal(limits, ANN, "") is None
    refused = [await refusal(limits, ANN, "") for _ in range(50)]
    assert refused[-1] is not None
    now += int(refused[-1].headers["Retry-After"])
    assert await refusal(limits, ANN, "") is None


async def test_on_an_open_server_one_address_uses_up_nobody_elses_share() -> None:
    limits = limiter("1/hour")
    assert await refusal(limits, OPEN, "192.0.2.1") is None
    assert await refusal(limits, OPEN, "192.0.2.1") is not None
    assert await refusal(limits, OPEN, "192.0.2.2") is None


async def test_an_empty_variable_means_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_RATE_LIMIT", "")
    monkeypatch.setenv("ASSISTANT_RATE_LIMIT_STORAGE", "")
    limits, _ = limits_of(load_settings())
    assert [await refusal(limits, ANN, "192.0.2.1") for _ in range(50)] == [None] * 50


@pytest.mark.parametrize(
    ("peer", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("testclient", "testclient"),
    ],
)
def test_addresses_one_customer_can_choose_from_count_as_one(peer: str, network: str) -> None:
    assert neighbourhood(peer) == network


async def test_tokens_are_spent_per_caller() -> None:
    caps = limits_of(load_settings(token_cap="1000/day"))[1]
    assert await over(caps, ANN) is None
    await caps.spend(ANN, Usage(input_tokens=900, output_tokens=99))
    assert await over(caps, ANN) is None
    await caps.spend(ANN, Usage(input_tokens=1))
    assert await over(caps, ANN) == "token_cap"
    assert await over(caps, BOB) is None


async def test_dollars_are_spent_by_the_prices() -> None:
    caps = limits_of(load_settings(cost_cap="0.5/day", **PRICES))[1]
    await caps.spend(ANN, Usage(input_tokens=100_000, output_tokens=29_999))  # 0.2 + 0.29999
    assert await over(caps, ANN) is None
    await caps.spend(ANN, Usage(output_tokens=1))
    assert await over(caps, ANN) == "cost_cap"


async def test_an_answer_that_spends_more_than_is_left_is_counted() -> None:
    caps = limits_of(load_settings(token_cap="10/day"))[1]
    await caps.spend(ANN, Usage(input_tokens=500))
    assert await over(caps, ANN) == "token_cap"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"rate_limit": "many"}, "ASSISTANT_RATE_LIMIT"),
        ({"rate_limit": "60"}, "ASSISTANT_RATE_LIMIT"),
        ({"rate_limit": "60/fortnight"}, "ASSISTANT_RATE_LIMIT"),
        ({"rate_limit": "0/minute"}, "ASSISTANT_RATE_LIMIT"),
        ({"rate_limit": "1.5/minute"}, "ASSISTANT_RATE_LIMIT"),
        ({"token_cap": "-5/day"}, "ASSISTANT_TOKEN_CAP"),
        ({"cost_cap": "5 dollars"}, "ASSISTANT_COST_CAP"),
        ({"cost_cap": "5/day"}, "ASSISTANT_MODEL_PRICE_INPUT"),
        ({"rate_limit_storage": "memcached://here"}, "ASSISTANT_RATE_LIMIT_STORAGE"),
        ({"rate_limit_storage": "redis://here:port/0"}, "ASSISTANT_RATE_LIMIT_STORAGE"),
    ],
)
def test_a_limit_that_cant_be_meant_is_told_at_the_start(settings: dict[str, str], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        limits_of(load_settings(**settings))


async def test_without_its_counter_the_server_takes_no_questions_and_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    limits, caps = limits_of(load_settings(rate_limit_storage=f"redis://127.0.0.1:{port}", token_cap="5/day"))
    for asked in (limits.question(ANN), caps.check(ANN), limits.check()):
        with pytest.raises(Problem, match="ASSISTANT_RATE_LIMIT_STORAGE") as refused:
            await asked
        assert (refused.value.status, refused.value.code) == (503, "limits_unavailable")
    await caps.spend(ANN, Usage(input_tokens=5))  # the answer is there already
