"""How much one caller may ask: questions per caller and per address, tokens and dollars of the chat model per caller.

``await limiter.question(principal)`` and ``await caps.check(principal)`` go before every question on any face,
``await caps.spend(principal, usage)`` after an answer that a model of the server's (not of the caller's key) made.
"""

from __future__ import annotations

import ipaddress
import re
import time
from decimal import Decimal
from typing import cast

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import FixedWindowRateLimiter, SlidingWindowCounterRateLimiter
from limits.errors import ConfigurationError as LimitsConfigurationError
from limits.errors import StorageError

from assistant.errors import ConfigurationError, Problem
from assistant.settings import Settings
from assistant.types import Usage
from assistant.web.asking import Principal
from assistant.web.observe.logs import logger

Counter = MemoryStorage | RedisStorage
_AMOUNT = re.compile(
    r"\s*(?P<amount>\d{1,12}(?:\.\d{1,6})?)\s*/\s*(?P<period>(?:\d{1,6}\s*)?[a-z]{3,8})\s*", re.IGNORECASE
)
_MILLION = 1_000_000
_SECONDS = 2
"""Longest wait for Redis."""

log = logger(__name__)


class Limiter:
    """Questions per caller and per address, over a sliding window."""

    def __init__(self, storage: Counter, limit: RateLimitItem | None) -> None:
        """``limit`` None: as many as they like."""
        self._storage = storage
        self._limit = limit
        self._windows = SlidingWindowCounterRateLimiter(cast(Storage, storage))

    async def check(self) -> None:
        """Whether the counter answers, for readiness. Raises Problem 503."""
        try:
            await self._storage.check()
            await self._storage.get("readiness")
        except StorageError as error:
            raise uncounted(error) from None

    async def question(self, principal: Principal, *, apart: str = "") -> None:
        """Count one question, or what is named ``apart`` and has a count of its own.

        Raises Problem 429 with Retry-After for one too many, 503 without the counter.

        Callers who are known are counted each by itself, however many share an address; on an open server, where all
        have one name, the address is counted. A question that is refused is not counted.
        """
        caller = caller_of(principal)
        if self._limit is None or not caller[1]:
            return
        caller = (caller[0], f"{apart} {caller[1]}".strip())
        try:
            if not await self._windows.hit(self._limit, *caller):
                raise await self._too_many(self._limit, caller)
        except StorageError as error:
            raise uncounted(error) from None

    async def _too_many(self, limit: RateLimitItem, caller: tuple[str, str]) -> Problem:
        window = await self._storage.get_sliding_window(limit.key_for(*caller), limit.get_expiry())
        seconds = _until_free(limit, *window)
        policy = f'"{caller[0]}";q={limit.amount};w={limit.get_expiry()}'
        return Problem(
            429,
            "rate_limited",
            f"Too many questions: each {caller[0]} may ask {limit.amount} in {limit.get_expiry()} seconds.",
            f"Ask again in {seconds} s.",
            {
                "Retry-After": str(seconds),
                "RateLimit-Policy": policy,
                "RateLimit": f'"{caller[0]}";r=0;t={seconds}',
            },
        )


class TokenCaps:
    """What a caller's answers may cost: tokens, dollars, or both, from the first answer on for one period."""

    def __init__(
        self, storage: Counter, tokens: RateLimitItem | None, microdollars: RateLimitItem | None, settings: Settings
    ) -> None:
        """``settings`` hold the prices."""
        self._storage = storage
        self._caps = {"tokens": tokens, "cost": microdollars}
        self._settings = settings
        self._windows = FixedWindowRateLimiter(cast(Storage, storage))

    async def check(self, principal: Principal) -> None:
        """Raises Problem 429 where this caller has used its share up, 503 without the counter."""
        try:
            for kind, cap in self._caps.items():
                if cap is not None and not await self._windows.test(cap, kind, principal.id):
                    until = (await self._windows.get_window_stats(cap, kind, principal.id)).reset_time
                    raise _used_up(kind, max(1, int(until - time.time()) + 1))
        except StorageError as error:
            raise uncounted(error) from None

    async def spend(self, principal: Principal, usage: Usage) -> None:
        """Count what an answer took. A counter that is out of reach is logged: the answer is there."""
        spent = {"tokens": usage.input_tokens + usage.output_tokens, "cost": self._microdollars(usage)}
        try:
            for kind, cap in self._caps.items():
                if cap is not None and spent[kind]:
                    await self._windows.hit(cap, kind, principal.id, cost=spent[kind])
        except StorageError as error:
            log.error("usage not counted", error=type(error.storage_error).__name__)

    def _microdollars(self, usage: Usage) -> int:
        prices = self._settings.model_price_input, self._settings.model_price_output
        return round(usage.input_tokens * prices[0] + usage.output_tokens * prices[1])


def limits_of(settings: Settings) -> tuple[Limiter, TokenCaps]:
    """Both, over one counter. Raises ConfigurationError naming the setting that can't be used."""
    storage = _storage(settings.rate_limit_storage)
    tokens = _item("ASSISTANT_TOKEN_CAP", settings.token_cap)
    cost = _item("ASSISTANT_COST_CAP", settings.cost_cap, unit=_MILLION)
    if cost is not None and not (settings.model_price_input or settings.model_price_output):
        raise ConfigurationError(
            "ASSISTANT_COST_CAP needs to know what the chat model costs.",
            "Set ASSISTANT_MODEL_PRICE_INPUT and ASSISTANT_MODEL_PRICE_OUTPUT, in dollars a million tokens.",
        )
    limiter = Limiter(storage, _item("ASSISTANT_RATE_LIMIT", settings.rate_limit))
    return limiter, TokenCaps(storage, tokens, cost, settings)


def caller_of(principal: Principal) -> tuple[str, str]:
    """What a caller is counted by: its id, or on an open server its address."""
    return ("caller", principal.id) if principal.how != "open" else ("address", neighbourhood(principal.address))


def neighbourhood(peer: str) -> str:
    """The address, or for IPv6 its /64 network, which one customer has to choose addresses from."""
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return peer
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def uncounted(error: StorageError) -> Problem:
    """The refusal where the counter is out of reach: without it nothing would hold the cost of the chat model."""
    log.error("limits can't be counted", error=type(error.storage_error).__name__)
    return Problem(
        503,
        "limits_unavailable",
        "The server can't count questions now, so it takes none.",
        "Ask again in a moment; whoever runs it: start the server that ASSISTANT_RATE_LIMIT_STORAGE names.",
        {"Retry-After": "5"},
    )


def _used_up(kind: str, seconds: int) -> Problem:
    what = "tokens" if kind == "tokens" else "money"
    return Problem(
        429,
        f"{'token' if kind == 'tokens' else 'cost'}_cap",
        f"This caller's share of the chat model's {what} is used up.",
        f"Ask again in {seconds} s, or choose the model `extractive`.",
        {"Retry-After": str(seconds)},
    )


def _until_free(limit: RateLimitItem, before: int, before_for: float, now: int, now_for: float) -> int:
    """Whole seconds until one more fits, of the counts in the window before and this one, with their time to live."""
    length = limit.get_expiry()
    if now < limit.amount:
        wait = before_for - (limit.amount - now) * length / before if before else 0.0
    else:
        wait = (now_for - length) + length - limit.amount * length / now
    return max(1, int(wait) + 1)


def _item(name: str, value: str, unit: int = 1) -> RateLimitItem | None:
    if not value.strip():
        return None
    found = _AMOUNT.fullmatch(value)
    amount = Decimal(found["amount"]) * unit if found else Decimal(0)
    try:
        if found is None or amount < 1 or amount != int(amount):
            raise ValueError(value)
        return parse(f"{int(amount)}/{found['period']}")
    except ValueError:
        raise ConfigurationError(f"{name}: {value!r} is no limit.", "Write it as in 60/minute or 1000/day.") from None


def _storage(address: str) -> Counter:
    scheme = address.partition("://")[0]
    if scheme == "memory":
        return MemoryStorage(wrap_exceptions=True)
    if scheme not in {"redis", "rediss", "redis+unix"}:
        raise ConfigurationError("ASSISTANT_RATE_LIMIT_STORAGE can't be used.", "Write memory:// or redis://HOST:PORT.")
    try:
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        return RedisStorage(
            f"async+{address}",
            wrap_exceptions=True,
            implementation="redispy",
            socket_timeout=_SECONDS,
            socket_connect_timeout=_SECONDS,
            retry=Retry(NoBackoff(), 0),  # type: ignore[arg-type]
        )
    except (ImportError, LimitsConfigurationError):
        raise ConfigurationError(
            "ASSISTANT_RATE_LIMIT_STORAGE names Redis, whose client is not installed.",
            'Install it: pip install "essay-assistant[redis]".',
        ) from None
    except ValueError:
        raise ConfigurationError("ASSISTANT_RATE_LIMIT_STORAGE is no address.", "Write redis://HOST:PORT/0.") from None
