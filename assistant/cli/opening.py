"""From settings to an assistant that answers, with the index built on the way where it must be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from assistant.cli.progress import building
from assistant.cli.terminal import warn

if TYPE_CHECKING:
    from assistant.answering.assistant import Assistant
    from assistant.settings import Settings


@contextmanager
def opened(settings: Settings) -> Iterator[Assistant]:
    """The assistant, closed at the end; documents it had to leave out are named on stderr.

    Raises CorpusError, IndexUnavailable and ConfigurationError, as ``Assistant`` does.
    """
    from assistant.answering.assistant import Assistant

    with building() as progress:
        assistant = Assistant(settings, progress=progress)
    with assistant:
        warn(assistant.problems)
        yield assistant
