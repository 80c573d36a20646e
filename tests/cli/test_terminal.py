import io
import sys
from collections.abc import Iterator
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant import Assistant
from assistant.answering.stages import Done, Event, Offered, Passages, Token, Waiting
from assistant.cli.answers import cited_at, excerpt, show_answer, source_line
from assistant.cli.terminal import Flow, linked, note, wrapped
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
    flow.end()
    shown = capsys.readouterr().out
    assert shown.split() == "".join(f"{piece} " for piece in pieces).split()
    assert all(len(line.rstrip()) <= columns or " " not in line.strip() for line in shown.split("\n"))


def test_no_word_is_broken_however_it_comes_and_an_items_lines_hang(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    flow, text = Flow(), "- a sentence with unbreakable words\nthen more of the same words"
    for letter in text:
        flow.write(letter)
    flow.end()
    note("beside it unbreakable words")
    shown = capsys.readouterr()
    assert shown.out == "- a sentence with\n  unbreakable words\nthen more of the\nsame words\n"
    assert shown.err == "beside it\nunbreakable words\n"


def test_a_terminal_gets_links_to_the_reader_of_a_server_and_a_pipe_none(monkeypatch: pytest.MonkeyPatch) -> None:
    address = cited_at(CITED, "http://here/")
    assert address == "http://here/read/x?start=0&end=1#cited"
    assert linked("[1]", address) == "[1]"
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert linked("[1]", address) == f"\x1b]8;;{address}\x1b\\[1]\x1b]8;;\x1b\\"
    assert linked("[1]", cited_at(CITED, None)) == "[1]"


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
    assert ("is reading them" in shown, "still working" in shown, "Kites." in shown) == (told, told, told)
