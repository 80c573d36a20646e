"""Figures looked up at their sources, and the notices on answers that cite them."""

from pathlib import Path

import originals
import pytest

from assistant import Assistant
from assistant.corpus.loading import load_corpus
from assistant.corpus.splitting import split
from assistant.corpus.themes import CheckedClaim, claim_notices, load_claims
from assistant.errors import CorpusError
from assistant.settings import bundled_corpus, load_settings
from assistant.types import Citation, Essay

CLAIMS = load_claims([bundled_corpus()])


def cited(essay: Essay, start: int, end: int) -> Citation:
    return Citation.of(essay, marker=1, section="", start=start, end=end)


def sentences_that_make(claim: CheckedClaim, essay: Essay) -> list[str]:
    spans = [span for passage in split(essay) for span in passage.sentences]
    return [span.of(essay.text) for span in spans if claim.made_by(cited(essay, span.start, span.end))]


@pytest.mark.parametrize("folder", [bundled_corpus(), pytest.param(originals.ESSAYS, marks=originals.needed)])
def test_each_claim_is_made_by_one_sentence(folder: Path) -> None:
    corpus = load_corpus(load_settings(corpus=str(folder)))
    made = {claim.id: len(sentences_that_make(claim, corpus.essay(claim.source_id))) for claim in CLAIMS}
    assert {name: sentences for name, sentences in made.items() if sentences != 1} == {}


def test_an_answer_that_cites_a_checked_figure_shows_what_the_source_says(assistant: Assistant) -> None:
    answer = assistant.ask("How much does Anthropic's prefix caching cut costs and latency?")
    (notice,) = [n for n in answer.notices if "Checked against the source" in n]
    marker = next(c.marker for c in answer.citations if "90%" in c.quote)
    assert notice.startswith(f"[{marker}] ")
    assert "stated more strongly" in notice
    assert "up to 90%" in notice
    other = assistant.ask("What is catastrophic forgetting?")
    assert not [n for n in other.notices if "90%" in n]


def test_two_citations_of_one_claim_share_a_notice_and_notices_follow_the_citations() -> None:
    essay = Essay(id="a", title="A", text="Ninety of x. Ten of y. Ninety of x again.")
    x = CheckedClaim(id="x", source_id="a", words=("ninety",), status="confirmed", source="S", note="x is so")
    y = CheckedClaim(id="y", source_id="a", words=("ten",), status="differs", source="T", note="y is not.")
    spans = [(13, 22), (0, 12), (23, 41)]
    citations = [Citation.of(essay, marker=i, section="", start=s, end=e) for i, (s, e) in enumerate(spans, start=1)]
    assert claim_notices([x, y], citations) == [
        "[1] Checked against the source (T): differs. Y is not.",
        "[2][3] Checked against the source (S): confirmed. X is so.",
    ]


def test_a_claim_without_a_known_status_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "claims.yaml").write_text(
        "owner: me\nversion: 1\nclaims:\n  - {id: a, source_id: b, words: [c], status: proven, source: d, note: e}\n"
    )
    with pytest.raises(CorpusError, match=r"claims\.yaml: claims\.0\.status"):
        load_claims([tmp_path])
