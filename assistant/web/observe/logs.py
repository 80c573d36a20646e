"""The log: one JSON object or one readable line for each event, on stderr, ours and the libraries' alike.

Nothing that could be a secret gets in: of an exception the types and frames are told, a message only of our own errors.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from typing import Any, TextIO, cast

import structlog
from structlog.stdlib import BoundLogger, ProcessorFormatter

from assistant.errors import AssistantError
from assistant.settings import Settings

Event = MutableMapping[str, Any]
OWN = "assistant"
TOLD = "told_in_the_log"
"""Attribute of an exception that stands in the log already."""
_FRAMES = 30


def logger(name: str) -> BoundLogger:
    """A logger for events with fields; ``name`` is a module's. Where no log is set up, Python's defaults hold."""
    processors = [
        structlog.stdlib.filter_by_level,
        structlog.contextvars.merge_contextvars,
        *_common(),
        ProcessorFormatter.wrap_for_formatter,
    ]
    wrapped = structlog.wrap_logger(logging.getLogger(name), processors=processors, wrapper_class=BoundLogger)
    return cast(BoundLogger, wrapped)


def set_up(settings: Settings, stream: TextIO | None = None) -> None:
    """Have this process log as the settings say. Libraries are heard from warnings on, whatever the level."""
    stream = stream or sys.stderr
    people = settings.log_format == "console" or (settings.log_format == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(people, stream.isatty()))
    handler.addFilter(_untold)
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(level, logging.WARNING))
    logging.getLogger(OWN).setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        library = logging.getLogger(name)
        library.handlers, library.propagate = [], True
        library.setLevel(logging.NOTSET)
    logging.captureWarnings(True)


def told(error: BaseException) -> None:
    """Remember that the exception stands in the log, so that whoever gets it next needn't tell it again."""
    setattr(error, TOLD, True)


def is_told(error: BaseException) -> bool:
    """Whether it stands in the log."""
    return bool(getattr(error, TOLD, False))


def exceptions(_: object, __: str, event: Event) -> Event:
    """Replaces ``exc_info`` by the types and frames of the exception and of what caused it."""
    error = _error_of(event.pop("exc_info", None))
    if error is not None:
        event["exception"] = list(_described(error))
    return event


def _formatter(people: bool, colors: bool) -> ProcessorFormatter:
    renderer: Any = structlog.dev.ConsoleRenderer(colors=colors) if people else structlog.processors.JSONRenderer()
    return ProcessorFormatter(
        foreign_pre_chain=[structlog.contextvars.merge_contextvars, *_common(), _first_line],
        processors=[ProcessorFormatter.remove_processors_meta, exceptions, renderer],
    )


def _common() -> list[Any]:
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    return [structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name, stamp]


def _first_line(_: object, __: str, event: Event) -> Event:
    """Further lines of a library's message show objects, whose contents nobody has looked over."""
    event["event"] = str(event["event"]).strip().partition("\n")[0]
    return event


def _untold(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return error is None or not is_told(error)


def _error_of(found: object) -> BaseException | None:
    if isinstance(found, BaseException):
        return found
    if isinstance(found, tuple):
        return cast("BaseException | None", found[1])
    return sys.exc_info()[1] if found else None


def _described(error: BaseException | None) -> Iterator[dict[str, Any]]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        described: dict[str, Any] = {"type": type(error).__qualname__}
        if isinstance(error, AssistantError):
            described["message"] = str(error)
        if isinstance(error, BaseExceptionGroup):
            described["of"] = [next(_described(each)) for each in error.exceptions]
        frames = [(frame.f_code, line) for frame, line in traceback.walk_tb(error.__traceback__)][-_FRAMES:]
        described["frames"] = [f"{_short(code.co_filename)}:{line} {code.co_name}" for code, line in frames]
        yield described
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _short(filename: str) -> str:
    return "/".join(filename.split("/")[-3:])
