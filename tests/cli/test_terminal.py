import io
import sys
from collections.abc import Iterator
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant import Assistant
from assistant.answering.stages import Done, Event, Offered, Passages, Token, Waiting
from assistant.cli.ask import excerpt, show_answer, source_line
from assistant.cli.terminal import Flow, wrapped
from assistant.types import Answer, Citation

CITED = Citation(
    marker=1, source_id="x", title="T", author=None, url=None, kind="original", section="S", quote="q", start=0, end=1
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.text(st.sampled_from("ab é漢\n"), max_size=30), max_size=6), columns=st.integers(20, 60))
def test_wrapping_a_stream_changes_white_space_only(
    pieces: list[str], columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    flow = Flow()
    for piece in pieces:
        flow.write(f"{piece} ")
    shown = capsys.readouterr().out
    assert shown.split() == "".join(f"{piece} " for piece in pieces).split()
    assert all(len(line.rstrip()) <= columns or " " not in line.strip() for line in shown.split("\n"))


def test_a_pipe_gets_whole_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert not sys.stdout.isatty()
    assert wrapped("word " * 100) == ("word " * 100).strip()


def test_an_original_is_not_called_notes_and_gaps_are_left_out() -> None:
    assert source_line(CITED) == "[1] “T”, S: “q”"
    assert source_line(CITED.model_copy(update={"kind": "notes", "author": "A"})) == "[1] notes on “T”, A, S: “q”"


def test_an_excerpt_begins_below_the_heading_and_ends_between_words() -> None:
    assert excerpt("## Heading\n\nSome words\nfollow here.") == "Some words follow here."
    assert excerpt("Some words follow here.", 15) == "Some words…"
    assert excerpt("## Heading") == "## Heading"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Slow:
    """An assistant whose chat model takes long to begin."""

    def __init__(self) -> None:
        made = {"id": "x", "question": "Why?", "standalone_question": "Why?", "model": "extractive"}
        made |= {"prompt_sha256": "x", "index_fingerprint": "x"}
        self.extracted, self.written = (Answer.model_validate(made | {"answer": said}) for said in ("Kites.", "Wind."))

    def stream(self, *_: object) -> Iterator[Event]:
        yield from (Passages(()), Waiting("reading"), Offered(self.extracted), Waiting("writing"))
        yield from (Token("Wind."), Done(self.written))


@pytest.mark.parametrize("screen", [Terminal, io.StringIO])
def test_a_terminal_shows_the_extracted_answer_while_a_model_works(
    screen: type[io.StringIO], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stderr", screen())
    told = screen is Terminal
    assert show_answer(cast(Assistant, Slow()), "Why?").answer == "Wind."
    shown = sys.stderr.getvalue()  # type: ignore[attr-defined]
    assert capsys.readouterr().out == "Wind.\n"
    assert ("reading the passages" in shown, "still working" in shown, "Kites." in shown) == (told, told, told)
