"""Headings: Markdown's, or those that plain text shows by its layout."""

import time

import pytest

from assistant.corpus.splitting import sections, split
from assistant.types import Essay

PROSE = "This paragraph is prose because it is long enough and it ends as a sentence of prose ought to end."


def headed(text: str, title: str = "The title") -> list[tuple[str, str]]:
    essay = Essay(id="a", title=title, text=text)
    return [(section.heading, text[section.start : section.end]) for section in sections(essay)]


def test_markdown_headings_of_every_level() -> None:
    text = "# One\na\n### Two ###\nb\n  ## Three\nc"
    assert headed(text) == [("One", "# One\na\n"), ("Two", "### Two ###\nb\n"), ("Three", "  ## Three\nc")]


def test_text_above_the_first_heading_stands_under_the_title() -> None:
    assert headed("Intro.\n\n## One\na") == [("The title", "Intro.\n\n"), ("One", "## One\na")]


def test_a_text_without_headings_is_one_section() -> None:
    assert headed("Just a line.") == [("The title", "Just a line.")]


@pytest.mark.parametrize("text", ["#no space", "####### seven", "a # b", "#", "\\# escaped"])
def test_what_is_no_markdown_heading(text: str) -> None:
    assert headed(text) == [("The title", text)]


def test_empty_sections_are_kept() -> None:
    assert headed("## A\n## B\n\n## C\n") == [("A", "## A\n"), ("B", "## B\n\n"), ("C", "## C\n")]


def test_a_heading_may_hold_marks_and_other_scripts() -> None:
    assert [heading for heading, _ in headed("# C# and F# #\n\n## העברית\n\n# #\n")] == ["C# and F", "העברית", "#"]


def test_plain_text_shows_its_headings_by_layout() -> None:
    text = f"The title\n\n{PROSE}\n\n2. Costs nobody counts\n\n{PROSE}\n\nWhat comes next\n{PROSE}\n"
    assert [heading for heading, _ in headed(text)] == ["The title", "Costs nobody counts", "What comes next"]


@pytest.mark.parametrize(
    "line",
    ["It ends as a sentence.", "lower case line", "- an item", "Word", "| a | b |", "Sign up for our newsletter"],
)
def test_what_is_no_heading_in_plain_text(line: str) -> None:
    assert [heading for heading, _ in headed(f"{PROSE}\n\n{line}\n\n{PROSE}\n")] == ["The title"]


def test_short_lines_that_no_prose_follows_are_no_headings() -> None:
    assert [heading for heading, _ in headed(f"{PROSE}\n\nRed apples\n\nGreen pears\n\nBlue plums\n")] == ["The title"]


@pytest.mark.parametrize("piece", ["Some line here\n\n", "#", " ", "# ", "\n", "#\t"])
def test_a_hostile_text_takes_no_longer_than_its_length(piece: str) -> None:
    """A fifth of a second of work, where trying every start anew would take minutes."""
    started = time.process_time()
    headed(f"# a{piece * (150_000 // len(piece))}x")
    headed(f"{piece * (150_000 // len(piece))}x")
    assert time.process_time() - started < 3


CODE = "```bash\n# Stop the writer\nsystemctl stop writer\n\n# Copy to the disk\nrsync -a /data /mnt\n```"


def test_a_comment_in_code_is_no_heading() -> None:
    backup = f"## Backup\n\nIt starts at 01:20.\n\n{CODE}\n\nIt is checked on Mondays."
    text = f"# Runbook\n\n{backup}\n\n## Restore\n\nIt takes long.\n"
    essay = Essay(id="a", title="A", text=text)
    assert [section.heading for section in sections(essay)] == ["Runbook", "Backup", "Restore"]
    (section,) = [passage for passage in split(essay) if passage.section == "Backup"]
    assert [text[s.start : s.end] for s in section.sentences] == [
        "It starts at 01:20.",
        CODE,
        "It is checked on Mondays.",
    ]


@pytest.mark.parametrize(
    "code",
    [
        "~~~\n# one\n```\n# two\n~~~",
        "````md\n```\n# one\n```\n# two\n````",
        "    # indented by four",
        "- Item:\n  ```\n  # one\n  ```",
    ],
)
def test_fences_of_all_kinds_hold_no_headings(code: str) -> None:
    essay = Essay(id="a", title="A", text=f"# Top\n\nText.\n\n{code}\n\nMore text.\n")
    assert [section.heading for section in sections(essay)] == ["Top"]


def test_a_fence_that_nothing_closes_is_text() -> None:
    essay = Essay(id="a", title="A", text="# Top\n\n```\n\n## Part\n\nText.\n")
    assert [section.heading for section in sections(essay)] == ["Top", "Part"]


def test_a_line_below_marks_a_heading() -> None:
    essay = Essay(
        id="a", title="A", text="Top\n===\n\nFirst words.\n\nPart one\n--------\nMore words,\nwrapped.\n\n---\n\nEnd.\n"
    )
    assert [section.heading for section in sections(essay)] == ["Top", "Part one"]
    quotes = [essay.text[s.start : s.end] for passage in split(essay) for s in passage.sentences]
    assert quotes == ["First words.", "More words,\nwrapped.", "End."]


WRAPPED = """CHAPTER I.

The keeper of the light had not been ashore since the autumn, and nobody in
the village could say for certain whether he still lived. His boat lay where
he had left it, upside down on the shingle, with its oars beneath it.

The Second Winter

Snow came early that year. The keeper counted the tins on his shelves twice
and found that he had miscounted, for there were eleven more than he
believed; then he slept.
"""


def test_wrapped_text_keeps_its_headings_and_invents_none() -> None:
    found = [heading for heading, _ in headed(WRAPPED)]
    assert found == ["CHAPTER I.", "The Second Winter"]


def test_a_paragraph_in_long_lines_may_follow_its_heading_at_once() -> None:
    text = f"Title\n\nOpening hours of the kiosk\n{'The kiosk opens at eight. ' * 6}\n"
    assert "Opening hours of the kiosk" in [heading for heading, _ in headed(text)]


def test_headings_of_scripts_without_capitals_show_by_layout() -> None:
    text = "规则\n\n每位读者最多可以借阅十二本书。\n\n自习室\n\n自习室每天早上七点开放，晚上十点关闭。\n"
    assert "自习室" in [heading for heading, _ in headed(text)]
