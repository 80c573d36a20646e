"""From any draft to a text whose every sentence cites words that stand in the documents."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.answering.drafting import parse
from assistant.answering.verify import DraftSentence, Entailment, Evidence, Verifier
from assistant.errors import ConfigurationError
from assistant.settings import load_settings
from assistant.types import Essay

SENTENCES = (
    "LoRA training costs 500 dollars today.",
    "Full training needs 120 GB of memory.",
    "Prompting changes nothing in the weights.",
    "Retrieval brings fresh facts to the model [7].",
    "Evaluation sets hold 200 real examples.",
    "Forgetting hurts tasks nobody measured.",
)
ESSAYS = {
    name: Essay(id=name, title=name.upper(), author="Ann", url="https://example.org", kind=kind, text=" ".join(texts))  # type: ignore[arg-type]
    for name, kind, texts in (("a", "notes", SENTENCES[:3]), ("b", "original", SENTENCES[3:]))
}


def listed() -> list[Evidence]:
    """Every sentence, numbered from 1."""
    found = []
    for number, text in enumerate(SENTENCES, start=1):
        source = "a" if text in ESSAYS["a"].text else "b"
        start = ESSAYS[source].text.index(text)
        found.append(
            Evidence(number=number, source_id=source, section="s", start=start, end=start + len(text), text=text)
        )
    return found


def verified(draft: str | list[DraftSentence]) -> tuple[Verifier, str]:
    verifier = Verifier(listed(), ESSAYS)
    pieces = list(verifier.accept(parse(draft) if isinstance(draft, str) else draft))
    return verifier, "".join(pieces)


def check(verifier: Verifier, streamed: str) -> None:
    """What holds for every answer whatever was drafted."""
    assert streamed == verifier.text
    assert [citation.marker for citation in verifier.citations] == list(range(1, len(verifier.citations) + 1))
    for citation in verifier.citations:
        assert ESSAYS[citation.source_id].text[citation.start : citation.end] == citation.quote
        assert citation.kind == ESSAYS[citation.source_id].kind
    seen: list[int] = []
    end = 0
    for claim in verifier.claims:
        assert end <= claim.start < claim.end
        end = claim.end
        assert verifier.text[claim.end :].startswith(" " + "".join(f"[{marker}]" for marker in claim.markers))
        seen += [marker for marker in claim.markers if marker not in seen]
    assert seen == [citation.marker for citation in verifier.citations]
    assert verifier.tally.kept == len(verifier.claims)


def test_citations_are_numbered_as_they_appear() -> None:
    verifier, text = verified(f"{SENTENCES[4]} [5] {SENTENCES[0]} [1] {SENTENCES[4]} [5]")
    assert text == f"{SENTENCES[4]} [1] {SENTENCES[0]} [2] {SENTENCES[4]} [1]"
    assert [citation.source_id for citation in verifier.citations] == ["b", "a"]
    check(verifier, text)


def test_claims_point_at_their_sentences() -> None:
    verifier, text = verified(f"- {SENTENCES[0]} [1]\n- {SENTENCES[1]} [2]")
    assert [text[claim.start : claim.end] for claim in verifier.claims] == list(SENTENCES[:2])
    assert text == f"{SENTENCES[0]} [1]\n- {SENTENCES[1]} [2]"


@pytest.mark.parametrize("marks", ["[99]", "[0]", "[1][99]", "[1, 2, 77]", "[9999]"])
def test_marks_of_no_evidence_are_removed_and_counted(marks: str) -> None:
    verifier, text = verified(f"{SENTENCES[0]} {marks}")
    assert text.startswith(f"{SENTENCES[0]} [1]")
    assert verifier.tally.forged_marks == 1
    check(verifier, text)


def test_marks_in_the_middle_move_to_the_end() -> None:
    _, text = verified("LoRA training [1] costs 500 dollars [1] today.")
    assert text == "LoRA training costs 500 dollars today. [1]"


def test_a_wrong_mark_is_replaced_by_the_right_one() -> None:
    verifier, text = verified(f"{SENTENCES[1]} [3]")
    assert verifier.citations[0].quote == SENTENCES[1]
    assert (verifier.tally.repaired, verifier.tally.kept, verifier.tally.dropped) == (1, 1, 0)
    check(verifier, text)


@pytest.mark.parametrize(
    "draft",
    [
        "LoRA training costs 900 dollars today. [1]",
        "Full training needs 12 GB of memory. [2]",
        "Whales sing at night. [3]",
        "It is so. [1]",
        "99 balloons. [1]",
    ],
)
def test_what_no_evidence_says_is_dropped_and_counted(draft: str) -> None:
    verifier, text = verified(f"{draft} {SENTENCES[4]} [5]")
    assert text == f"{SENTENCES[4]} [1]"
    assert (verifier.tally.dropped, verifier.tally.kept) == (1, 1)
    check(verifier, text)


def test_a_mark_inside_a_documents_words_is_no_citation() -> None:
    verifier, text = verified([DraftSentence(text=SENTENCES[3], numbers=(4,))])
    assert text == "Retrieval brings fresh facts to the model. [1]"
    assert verifier.citations[0].quote == SENTENCES[3]
    check(verifier, text)


def test_at_most_four_citations_a_sentence() -> None:
    verifier, text = verified(f"{SENTENCES[0]} [1][2][3][4][5][6]")
    assert len(verifier.citations) == 4
    check(verifier, text)


def test_evidence_that_does_not_stand_at_its_span_is_a_fault() -> None:
    moved = Evidence(number=1, source_id="a", section="s", start=1, end=len(SENTENCES[0]) + 1, text=SENTENCES[0])
    with pytest.raises(AssertionError, match="does not stand at its span"):
        list(Verifier([moved], ESSAYS).accept(parse(f"{SENTENCES[0]} [1]")))


DRAFTED = st.builds(
    lambda text, numbers, lead: DraftSentence(text=text, numbers=tuple(numbers), lead=lead),
    st.one_of(
        st.sampled_from(
            [
                *SENTENCES,
                "LoRA training costs 900 dollars.",
                "[1] [2]",
                "...",
                "LoRA [9] costs 500 dollars.",
                "Ann says LoRA training costs 500.",
            ]
        ),
        st.text(max_size=50),
    ),
    st.lists(st.integers(0, 9), max_size=6, unique=True),
    st.sampled_from(["", " ", "\n\n", "\n- ", "Ann: "]),
)


@settings(deadline=None, max_examples=200)
@given(st.lists(DRAFTED, max_size=8))
def test_whatever_is_drafted_the_answer_is_exact(draft: list[DraftSentence]) -> None:
    verifier, text = verified(draft)
    check(verifier, text)
    assert verifier.tally.kept + verifier.tally.dropped == len(draft)


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.sampled_from([*SENTENCES, " [1]", "[2, 5]", "[9]", " ", "\n\n", "# H\n", "- ", "900 whales sing. ", "(3)"]),
        max_size=14,
    ).map("".join)
)
def test_whatever_a_model_writes_the_answer_is_exact(draft: str) -> None:
    check(*verified(draft))


class CrossEncoder:
    """Finds every pair contradicted whose hypothesis holds "memory"."""

    config = SimpleNamespace(id2label={0: "contradiction", 1: "entailment", 2: "neutral"})

    def __init__(self, folder: str, **_: object) -> None:
        if "broken" in folder:
            raise OSError("no model here")

    def predict(self, pairs: list[tuple[str, str]], **_: object) -> list[list[float]]:
        """Logits for each pair."""
        return [[2.0, 0.1, 0.0] if "memory" in hypothesis else [0.1, 0.2, 3.0] for _, hypothesis in pairs]


@pytest.fixture
def entailment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Entailment | None]:
    """``entailment("name")``: the model of a folder of this name, made by settings."""
    monkeypatch.setitem(sys.modules, "sentence_transformers", SimpleNamespace(CrossEncoder=CrossEncoder))

    def make(name: str) -> Entailment | None:
        (tmp_path / name).mkdir()
        return Entailment.of(load_settings(entailment_model=tmp_path / name))

    return make


def test_an_entailment_model_may_refuse_what_the_rules_keep(entailment: Callable[[str], Entailment | None]) -> None:
    verifier = Verifier(listed(), ESSAYS, entailment("nli"))
    list(verifier.accept(parse(f"{SENTENCES[0]} [1] {SENTENCES[1]} [2]")))
    assert [claim.markers for claim in verifier.claims] == [(1,)]
    assert verifier.tally.dropped == 1


def test_no_entailment_model_is_the_default() -> None:
    assert Entailment.of(load_settings()) is None


def test_a_folder_without_a_cross_encoder_is_refused(
    entailment: Callable[[str], Entailment | None], tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match="no model here"):
        entailment("broken")
    with pytest.raises(ConfigurationError, match="is no folder"):
        Entailment(tmp_path / "nowhere")


@pytest.mark.slow
def test_a_real_cross_encoder_is_asked(tmp_path: Path) -> None:
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    words = sorted({word.strip(".[]7").lower() for text in SENTENCES for word in text.split()})
    (tmp_path / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", *words]))
    BertTokenizerFast(vocab_file=str(tmp_path / "vocab.txt")).save_pretrained(tmp_path)
    labels = {0: "contradiction", 1: "entailment", 2: "neutral"}
    config = BertConfig(
        vocab_size=len(words) + 6, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8,
        id2label=labels, label2id={name: at for at, name in labels.items()},
    )  # fmt: skip
    model = BertForSequenceClassification(config)
    model.classifier.bias.data[:] = model.classifier.bias.data.new_tensor([0.0, 9.0, 0.0])
    model.save_pretrained(tmp_path)
    assert Entailment(tmp_path).agrees(SENTENCES[0], [SENTENCES[0]])
    model.classifier.bias.data[:] = model.classifier.bias.data.new_tensor([9.0, 0.0, 0.0])
    model.save_pretrained(tmp_path)
    assert not Entailment(tmp_path).agrees(SENTENCES[0], [SENTENCES[0]])
