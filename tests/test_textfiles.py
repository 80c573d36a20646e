"""YAML files are parsed once and safely; the block above a document is read, named where it is broken, else text."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import ConfigurationError, CorpusError
from assistant.settings import PACKAGE
from assistant.textfiles import DEEPEST, dump, load_yaml, parse, read_yaml

PLAIN = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=40)
BODY = PLAIN.filter(lambda text: not text.startswith(("-", "\n")))


def test_fields_and_body_are_told_apart() -> None:
    assert parse("---\nid: zebra\ntitle: Stripes\n---\n\n# Stripes\n") == (
        {"id": "zebra", "title": "Stripes"},
        "# Stripes\n",
    )


@pytest.mark.parametrize(
    "text",
    [
        "# No block\n",
        "",
        "--- \nnever closed: 1\n",
        "text first\n---\na: 1\n---\n",
        "----\na: 1\n----\n",
        "a\n\n---\n\nb\n",
    ],
)
def test_a_text_without_a_block_is_itself(text: str) -> None:
    assert parse(text) == ({}, text)


def test_an_empty_block_has_no_fields() -> None:
    assert parse("---\n---\nbody") == ({}, "body")


def test_a_rule_further_down_stays_in_the_body() -> None:
    assert parse("---\na: 1\n---\nabove\n\n---\n\nbelow\n")[1] == "above\n\n---\n\nbelow\n"


@pytest.mark.parametrize(
    "block",
    [
        "title: [unclosed",
        "title: 'unclosed",
        "\ttitle: tabbed",
        "published: 2024-13-45",
        "published: !!timestamp someday",
        "count: !!int many",
        "flag: !!bool perhaps",
        "deep: " + "[" * 1500,
        "when: !!python/object/apply:os.getcwd []",
    ],
)
def test_a_block_that_is_not_yaml_says_so(block: str) -> None:
    with pytest.raises(CorpusError, match=r"front matter is not YAML.*Correct the block"):
        parse(f"---\n{block}\n---\ntext")


def test_the_line_that_is_wrong_is_counted_from_the_top_of_the_file() -> None:
    with pytest.raises(CorpusError, match="line 3"):
        parse("---\nid: a\ntitle: b: c\nurl: d\n---\ntext")


def test_a_block_that_is_no_mapping_says_so() -> None:
    with pytest.raises(CorpusError, match="not a list of `name: value` lines"):
        parse("---\ntitle: a\n1: b\n---\ntext")


@pytest.mark.parametrize(
    "note",
    [
        "- a\n- b",
        "just words",
        "42",
        "Note: the pump is out of order: ask the warden.",
        "Opening hours: eight to six",
        "note: The pump runs on Mondays only.",
        "**Important:** read this.",
        "12:30 lunch",
    ],
)
def test_a_note_between_two_rules_is_text(note: str) -> None:
    text = f"---\n{note}\n---\n\nMore text.\n"
    assert parse(text) == ({}, text)


@pytest.mark.parametrize(
    "block",
    ["sidebar_position: 3", "layout: page\nsummary: A page that says what it is.", "custom: yes\nother: 'x'", "# a: b"],
)
def test_front_matter_of_other_programs_is_no_text(block: str) -> None:
    assert parse(f"---\n{block}\n---\n\nText.\n")[1] == "Text.\n"


def test_a_field_with_several_values_is_refused_not_glued() -> None:
    with pytest.raises(CorpusError, match=r"more than one author\. Write author as one line"):
        parse("---\nauthor: [Ann, Ben]\n---\ntext")


def test_values_that_grow_when_written_out_are_refused() -> None:
    doubling = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))
    with pytest.raises(CorpusError, match="more than one title"):
        parse(f"---\na0: &a0 [x]\n{doubling}\ntitle: *a11\n---\ntext")


@settings(deadline=None, max_examples=60)
@given(PLAIN, PLAIN, BODY)
def test_what_is_dumped_is_read_back(title: str, author: str, body: str) -> None:
    data = {"title": title, "author": author, "published": None}
    assert parse(dump(data, body)) == (data, body)


def test_a_file_is_parsed_once_until_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("terms: [one]")
    first = read_yaml(path, ConfigurationError)
    assert read_yaml(path, ConfigurationError) is first
    path.write_text("terms: [one, two]")
    assert read_yaml(path, ConfigurationError) == {"terms": ["one", "two"]}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"a: 1\nb: c: d", "line 2: "),
        (b"a: caf\xe9", "utf-8"),
        (b"on: 2024-13-45", "month must be in 1..12"),
        (b"x: !!python/object/apply:os.getcwd []", "could not determine a constructor"),
    ],
)
def test_a_file_that_is_not_yaml_is_named_with_the_reason(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "a.yaml").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"a\.yaml: can't be read as YAML") as caught:
        read_yaml(tmp_path / "a.yaml", ConfigurationError, "Mend it.")
    assert says in caught.value.message
    assert caught.value.remedy == "Mend it."


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"gone\.yaml: can't be read \(No such file or directory\)"):
        read_yaml(tmp_path / "gone.yaml", CorpusError)


@pytest.mark.parametrize("text", ["[" * 200_000, "- " * 200_000 + "a", "{a: " * 200_000, "? " * 200_000])
def test_a_text_nested_without_end_is_an_error_and_no_crash(text: str) -> None:
    with pytest.raises(ValueError, match="lists inside each other"):
        load_yaml(text)


def test_what_people_write_is_not_too_deep() -> None:
    depth = DEEPEST - 1
    value = load_yaml("[" * depth + "]" * depth)
    for _ in range(depth - 1):
        (value,) = value
    assert value == []


def test_nobody_else_parses_yaml() -> None:
    users = [
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if "yaml.load(" in (text := path.read_text(encoding="utf-8")) or "safe_load(" in text or "SafeLoader(" in text
    ]
    assert users == []


def test_a_large_text_is_kept_parsed_and_damage_there_is_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    long = "\n".join(f"line {n}: {{like: [{n}, 2.5, null]}}" for n in range(2_000))
    for name, first in ("plain", '"on": 1'), ("dated", "made: 2026-01-02"), ("keyed", "on: 1"):
        text = f"{first}\n{long}"
        values = []
        for n in range(3):
            file = tmp_path / f"{name}-{n}.yaml"
            file.write_text(text)
            values.append(read_yaml(file, CorpusError))
            found = list((tmp_path / "cache").rglob("*.json"))
            assert len(found) == 1  # what JSON can't say is read anew
            if n == 1:
                found[0].write_text("{")
        assert values[0] == values[1] == values[2] == load_yaml(text)
