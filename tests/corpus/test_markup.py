"""Markup: code, tables, directives, anchors and comments are told from prose; what a reader sees keeps its place."""

import time

import pytest

from assistant.corpus.markup import blocks, readable
from assistant.corpus.splitting import headings, sentences, split
from assistant.types import Essay

MANUAL = """(loading)=
# Loading seed

Load the hopper before you start. See {ref}`the cleaning page <cleaning>`.

<!-- [[[cog
# Generated, and no heading
]]] -->

:::{warning}
:class: danger

Never reach into the drum.
:::

```bash
# Not a heading either
seeder load --tray 4
```

| Tray | Seeds |
| --- | --- |
| small | 40 |
| large | 90 |

```{note}
Trays are sold in pairs.
```

- [Cleaning](cleaning.md)
- Fill the left tray first.
% A note to ourselves
[hopper]: https://example.org/hopper
"""


def quoted(text: str) -> list[str]:
    essay = Essay(id="a", title="Seeder", text=text)
    return [span.of(text) for passage in split(essay) for span in passage.sentences]


def test_only_what_a_reader_sees_is_quoted() -> None:
    assert quoted(MANUAL) == [
        "Load the hopper before you start.",
        "See {ref}`the cleaning page <cleaning>`.",
        "Never reach into the drum.",
        "```bash\n# Not a heading either\nseeder load --tray 4\n```",
        "| small | 40 |",
        "| large | 90 |",
        "Trays are sold in pairs.",
        "Fill the left tray first.",
    ]


def test_comments_in_code_and_in_html_are_no_headings() -> None:
    assert [words for _, words in headings(MANUAL)] == ["Loading seed"]


def test_passages_of_markup_alone_are_none() -> None:
    essay = Essay(id="a", title="A", text="(a)=\n\n```{toctree}\nb\n```\n\n# A\n\nText.\n")
    assert [passage.text for passage in split(essay)] == ["# A\n\nText."]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("It costs ::: nothing.", "prose"),
        ("(see below) = fine", "prose"),
        ("<b>Bold</b> words open a sentence.", "prose"),
        ("<img src='a.png'>", "markup"),
        ("{{#include ../listing.rs}}", "markup"),
        (".. note:: Mind the gap", "markup"),
        ("- [Guide](#guide)", "markup"),
        ("- [Guide](https://example.org)", "item"),
        ("a | b\n--|--\n1 | 2", "table"),
        ("one | two", "prose"),
    ],
)
def test_kinds_of_lines(line: str, kind: str) -> None:
    assert [block.kind for block in blocks(line, 0, len(line))] == [kind]


def test_indented_code_stands_behind_a_sentence_that_announces_it() -> None:
    text = "The reply looks so:\n\n    <Reply ok>\n    <Reply done>\n\nThat is all.\n"
    assert [block.kind for block in blocks(text, 0, len(text))] == ["prose", "code", "prose"]


def test_long_code_is_cut_between_its_lines() -> None:
    text = "```\n" + "seeder load --tray 4 --depth 12\n" * 80 + "```\n"
    essay = Essay(id="a", title="A", text=text)
    for passage in split(essay):
        assert passage.text.startswith(("```", "seeder"))
        assert passage.text.endswith(("```", "12"))


def test_a_reader_sees_words_and_not_roles() -> None:
    text = "See {ref}`the page <x>`, {doc}`setup`, [here](a.md#b), [there](https://example.org)[^1] <!-- c --> now."
    assert readable(text) == "See the page, setup, here, [there](https://example.org) now."


@pytest.mark.parametrize(
    "piece", ["```a\n", "<!--\n", ":::{note}\n", "```\n\n", "| a |\n", "<a \n", "~~~~~~~~~~~~~~~~\n"]
)
def test_hostile_lines_take_no_longer_than_their_length(piece: str) -> None:
    text = piece * 20_000
    began = time.process_time()
    for block in blocks(text, 0, len(text)):
        sentences(text, block)
    assert time.process_time() - began < 5
