"""What stands with a sentence that answers: lists whole, code under its sentence, rows below their head."""

from assistant.answering.excerpts import Excerpt, Excerpts, overlaps
from assistant.retrieval.lexicon import content_stems
from assistant.retrieval.retriever import ScoredSentence
from assistant.types import Essay

HANDBOOK = """# Moving desks

## Can I take my chair along?

Yes! Ask the porters first, and they bring it.

## What may I keep?

The plants stay, and so does the lamp.

## How long before do I say so?

Say so in good time:

- One desk: two days
- A whole room: two weeks

## Getting a key

Cut a key with the machine in the lobby:

```bash
keys cut --room 4
```

The command prints a slip. Keep it.

## Lockers

| Floor | Lockers |
| --- | --- |
| first | 40 |
| second | 12 |

**What if the key is lost?**
Tell the porters at once.

## Rules

- Never lend your key to anybody who does not work on your floor.
- Doors
- Close the windows of the room at night, also in summer.
"""
ESSAY = Essay(id="desks", title="Moving desks", text=HANDBOOK)


def around(words: str, asked: str = "", section: str = "", *, listing: bool = False) -> Excerpt | None:
    start = HANDBOOK.index(words)
    sentence = ScoredSentence(
        source_id="desks", passage_id="p", section=section, start=start, end=start + len(words), text=words, score=1.0,
        similarity=1.0, asked=1.0,
    )  # fmt: skip
    found = Excerpts({"desks": ESSAY}).around(sentence, frozenset(content_stems(asked)), listing=listing)
    assert found is None or all(span.of(HANDBOOK) for span in found.spans)
    return found


def test_a_yes_stands_only_below_the_question_it_replies_to() -> None:
    assert around("Yes!", "Can I get a company car?", "Can I take my chair along?") is None
    found = around("Yes!", "Can I take my chair along?", "Can I take my chair along?")
    assert found is not None
    assert found.text == "Yes! Ask the porters first, and they bring it."


def test_a_list_is_taken_whole_with_the_sentence_that_announces_it() -> None:
    whole = "Say so in good time:\n\n- One desk: two days\n- A whole room: two weeks"
    for words in ("Say so in good time:", "One desk: two days", "A whole room: two weeks"):
        found = around(words)
        assert found is not None
        assert found.text == whole


def test_code_is_a_block_under_its_sentence_and_cited_with_it() -> None:
    code = "```bash\nkeys cut --room 4\n```"
    for words in ("Cut a key with the machine in the lobby:", code):
        found = around(words)
        assert found is not None
        assert (found.text, found.block) == ("Cut a key with the machine in the lobby:", code)
        assert [span.of(HANDBOOK) for span in found.spans] == [f"Cut a key with the machine in the lobby:\n\n{code}"]


def test_a_sentence_about_code_brings_it() -> None:
    start = HANDBOOK.index("The command prints")
    excerpts = Excerpts({"desks": ESSAY})
    sentence = around("The command prints a slip.")
    assert sentence is not None
    assert sentence.spans[0].start == start
    before = excerpts.shown_before(sentence)
    assert before is not None
    assert "keys cut" in before.block


def test_a_row_keeps_its_head() -> None:
    found = around("| second | 12 |", section="Lockers")
    assert found is not None
    assert found.text == "Lockers:"
    assert found.block.startswith("| Floor | Lockers |")


def test_a_question_in_the_text_is_answered_by_what_follows_it() -> None:
    found = around("**What if the key is lost?**\nTell the porters at once.")
    assert found is not None
    assert "Tell the porters at once." in found.text


def test_an_item_with_content_of_its_own_stands_alone_and_a_word_does_not() -> None:
    found = around("Never lend your key to anybody who does not work on your floor.")
    assert found is not None
    assert "\n" not in found.text
    listed = around("Doors")
    assert listed is not None
    assert listed.text.count("\n") == 2


def test_the_same_words_are_not_taken_twice() -> None:
    one, two = around("One desk: two days"), around("Say so in good time:")
    assert one is not None
    assert two is not None
    assert overlaps(one, [two])
