"""Page furniture goes, and not one line of the author's text goes with it."""

from __future__ import annotations

import originals
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.corpus.furniture import furniture_lines, is_furniture, without_furniture
from assistant.corpus.reading import canonical
from assistant.settings import bundled_corpus
from assistant.textfiles import parse

SHORT_LINES_OF_ESSAYS = {
    "devx-helps-hurts": ["6. Fine-tuning helps when ownership is clear", "When Fine-Tuning Helps and When It Hurts"],
    "dumitru-answer": ["What fine-tuning quietly costs", "gate.ts", "The legitimate cases, named honestly"],
    "logic-trap": ["Fine-Tuning Is (Probably) A Trap", "And they work across models.", "You’re building a trap."],
    "pan-framework": ["A Decision Framework", "The Infrastructure Reality in 2026", "The Real Costs of Fine-Tuning"],
}
STARTS_OF_PARAGRAPHS = {
    "devx-helps-hurts": [
        "You have likely felt the",
        "Fine-tuning sits in a",
        "Below are seven patterns",
        "Fine-tuning accelerates delivery",
        "The trap appears when",
        "Fine-tuning shines when",
        "If the failure mode",
        "When inference latency matters",
        "The trap is forgetting",
        "Fine-tuning works best",
        "Without this foundation",
        "One of the most common",
        "When logic lives outside",
        "Successful teams assign",
        "The trap emerges when",
        "Retrieval, better prompting",
        "If you fine-tune too early",
        "Fine-tuning is neither",
    ],
    "dumitru-answer": [
        "Fine-tuning feels like the serious",
        "Fine-tuning is the answer to a",
        "I've watched teams reach",
        "The training run is",
        "Then the dataset rots",
        "  • A prompt change",
        "  • Base models improve",
        "  • You now own",
        "Fine-tuning doesn't remove",
        "Before any training run",
        "Start with the prompt",
        "Only when you've climbed",
        "The shape of a sane",
        "const baseline",
        "else considerFineTuning",
        "Fine-tune only when",
        "Fine-tuning earns its",
        "Notice what's absent",
        "The tell is always",
        "Fine-tuning is a real",
    ],
    "logic-trap": ["In the winter of", "Aside: Modern techniques", "A customer was spending", "We’re now in that same"],
    "pan-framework": [
        "Most engineering teams building",
        "Fine-tuning is a powerful",
        "The first is many-shot",
        "Latency-sensitive, high-volume",
        "  • You haven't yet",
        "  1. Can you get",
        "  5. Do you have",
        "If none of these",
        "Most teams building LLM products should",
    ],
}
FURNITURE_OF_ESSAYS = {
    "devx-helps-hurts": [
        "devxlogo",
        "See also",
        "kirstie_sands",
        "Journalist",
        "Kirstie a",
        "About Our",
        "At DevX,",
        "See our",
    ],
    "dumitru-answer": [
        "[ Ionut",
        "AIJul 21",
        "#AI#",
        "→ / AUTHOR",
        "Full-stack engineer",
        "→ / NEXT",
        "CraftJul",
        "← All",
    ],
    "logic-trap": [],
    "pan-framework": ["Skip to", "· 9 min", "Tian Pan", "Software Engineer", "References:"],
}


@originals.needed
@pytest.mark.parametrize("essay", sorted(STARTS_OF_PARAGRAPHS))
def test_a_raw_page_keeps_its_text_and_loses_its_furniture(essay: str) -> None:
    raw = (originals.ESSAYS / f"{essay}.txt").read_text(encoding="utf-8-sig")
    kept = without_furniture(raw)[0].split("\n")
    for line in SHORT_LINES_OF_ESSAYS[essay]:
        assert kept.count(line) == 1, line
    for start in STARTS_OF_PARAGRAPHS[essay]:
        assert any(line.startswith(start) for line in kept), start
    for start in FURNITURE_OF_ESSAYS[essay]:
        assert any(line.startswith(start) for line in raw.split("\n")), start
        assert not any(line.startswith(start) for line in kept), start


@originals.needed
@pytest.mark.parametrize("essay", sorted(STARTS_OF_PARAGRAPHS))
def test_every_long_line_before_the_footer_survives(essay: str) -> None:
    raw = (originals.ESSAYS / f"{essay}.txt").read_text(encoding="utf-8-sig")
    for marker in ("kirstie_sands", "→ / AUTHOR"):
        raw = raw.partition(marker)[0]
    kept = set(without_furniture(raw)[0].split("\n"))
    long_lines = [
        line for line in raw.split("\n") if len(line.split()) >= 10 and not line.startswith(("See also", "References"))
    ]
    assert len(long_lines) > 15
    assert [line[:40] for line in long_lines if line.rstrip() not in kept] == []


def test_a_made_up_page_keeps_only_its_text() -> None:
    page = "\n".join(
        [
            "Skip to main content",
            "gardenlogo",
            "On Watering Tomatoes",
            "",
            "On Watering Tomatoes",
            "May 3, 2024 · 4 min read",
            "Ada Gardener",
            "Head Grower",
            "",
            "Tomatoes want water in the morning, and never on their leaves.",
            "",
            "How much is enough",
            "",
            "Two litres a day see a plant through a dry July. See also the chapter on mulch.",
            "See also  Nine Ways to Stake a Vine",
            "",
            "Mulch halves what you carry.",
            "#tomatoes #gardenShare ↗",
            "ada_gardener",
            "Contributing Writer at Garden Weekly",
            "",
            "Ada grows vegetables. She lives by a river.",
            "",
            "About Our Editorial Process",
            "",
            "At Garden Weekly, every article is read twice.",
        ]
    )
    assert canonical(without_furniture(page)[0]).rstrip().split("\n") == [
        "On Watering Tomatoes",
        "",
        "Tomatoes want water in the morning, and never on their leaves.",
        "",
        "How much is enough",
        "",
        "Two litres a day see a plant through a dry July. See also the chapter on mulch.",
        "",
        "Mulch halves what you carry.",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "Skip to main content",
        "See also: Ten Things to Know",
        "**See also** Ten Things to Know",
        "· 12 min read",
        "Engineering · Jul 21, 2025 · 7 minute read",
        "March 4, 2025",
        "Published on 4 March 2025",
        "By Jane Q. Doe",
        "Reporter at The Paper",
        "#ai #tools",
        "Share this post",
        "Follow me for more thoughts and updates",
        "References:",
        "← All writing",
        "→ / NEXT",
        "© 2025 Someone",
        "Subscribe",
        "3 Comments",
        "See our full editorial policy.",
    ],
)
def test_furniture_is_known_by_its_line_alone(line: str) -> None:
    assert is_furniture(line)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "See also the section on costs, which follows.",
        "We share this view.",
        "It took me 9 minutes to read the paper.",
        "In March 4, 2025 was a Tuesday.",
        "By default nothing is sent.",
        "She was a reporter at The Paper for ten years.",
        "→ add retrieval for knowledge-intensive tasks",
        "→ next, measure it",
        "# Comments",
        "## References",
        "- Search",
        "#include <stdio.h>",
        "Search",
        "Comments",
        "1. Follow the money",
        "[1] Vaswani et al.",
        "Subscribe to the event before the first write.",
        "return home",
        "More from Less",
        "Write to the editor at any time.",
        "We use cookies to keep the session.",
    ],
)
def test_a_line_of_an_essay_is_no_furniture(line: str) -> None:
    assert not is_furniture(line)


def test_a_footer_marker_in_the_first_half_cuts_nothing_off() -> None:
    page = "Title\n\nRelated articles\n\n" + "\n\n".join(f"Paragraph {number} says something." for number in range(9))
    assert "Paragraph 8 says something." in without_furniture(page)[0]


def test_no_sentence_of_the_notes_is_furniture() -> None:
    notes = [parse(path.read_text(encoding="utf-8")) for path in bundled_corpus().glob("*.md")]
    for body in [body for data, body in notes if data.get("kind") == "notes"]:
        lines = body.split("\n")
        assert [lines[number] for number in furniture_lines(body) if lines[number].strip()] == []


@given(st.text(alphabet=st.sampled_from("ab #-.→©\n\u00a0See also min read 9"), max_size=200))
def test_stripping_again_changes_no_line_of_prose(text: str) -> None:
    """Whatever is kept stood in the text, in its order."""
    lines = iter([line.rstrip() for line in text.split("\n")])
    assert all(
        any(kept.strip() == line.strip() for line in lines)
        for kept in without_furniture(text)[0].split("\n")
        if kept.strip()
    )
