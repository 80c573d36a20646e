"""Two small essays, answers about them, and a short way to make both."""

import re
from collections.abc import Sequence

from assistant.evaluation.cases import Case
from assistant.evaluation.saying import said
from assistant.types import Answer, Citation, Claim, Essay, RankedPassage

TREES = Essay(
    id="trees",
    title="Trees",
    text=(
        "Oaks grow slowly. An oak of the park is 40 metres tall and was planted in 1820.\n\n"
        "Birches grow fast. A birch lives for eighty years.\n\n"
        "Nobody waters the trees. The park closes at dusk, and its gate is made of iron.\n"
    ),
)
BIRDS = Essay(
    id="birds",
    title="Birds",
    text="Owls hunt at night. Swifts sleep on the wing.\n\nThe park closes at dusk, so owls have it to themselves.\n",
)
ESSAYS = {essay.id: essay for essay in (TREES, BIRDS)}
SWIFTS = "Swifts sleep on the wing."
OAK = "An oak of the park is 40 metres tall and was planted in 1820."
CASE = Case.model_validate(
    {
        "id": "oak",
        "question": "How tall is the oak, and since when does it stand?",
        "facts": ["40", r"\b1820\b"],
        "evidence": ["is 40 metres tall and was planted in 1820"],
        "sources": ["trees"],
    }
)
BEYOND = Case(id="beyond", question="Who planted the oak?", answerable=False)


def case(**changes: object) -> Case:
    """The oak case with other fields, in the plain form of a file."""
    return Case.model_validate(CASE.model_dump() | changes)


def without_gold(asked: Case, right: Answer, **wishes: object) -> Case:
    """A case as a careful reader writes it, met by a right answer: no gold, but how it opens and what it may hold."""
    opening = " ".join(said(right.answer)[0].split()[:6])
    expected = {"lead": re.escape(opening), "allowed": [citation.quote for citation in right.citations]}
    bare = {"evidence": [], "alternatives": [], "sources": []}
    return Case.model_validate(asked.model_dump() | bare | expected | wishes)


def cite(quote: str, source: str = "trees", marker: int = 1) -> Citation:
    """An exact citation of words that stand in the essay."""
    start = ESSAYS[source].text.index(quote)
    return Citation(
        marker=marker,
        source_id=source,
        title=ESSAYS[source].title,
        author=None,
        url=None,
        kind="original",
        section="",
        quote=quote,
        start=start,
        end=start + len(quote),
    )


def passage(source: str, paragraph: int) -> RankedPassage:
    """A paragraph of the essay as retrieved."""
    text = ESSAYS[source].text.strip().split("\n\n")[paragraph]
    start = ESSAYS[source].text.index(text)
    name = f"{source}-{paragraph}"
    return RankedPassage(
        id=name, source_id=source, section="", start=start, end=start + len(text), score=1.0, text=text
    )


PASSAGES = (passage("trees", 0), passage("birds", 0), passage("trees", 1), passage("trees", 2), passage("birds", 1))


def answer(
    text: str = OAK, citations: Sequence[Citation] | None = None, passages: Sequence[RankedPassage] = PASSAGES
) -> Answer:
    """An answer of one claim that rests on all its citations."""
    cited = tuple([cite(OAK)] if citations is None else citations)
    markers = tuple(citation.marker for citation in cited)
    return Answer(
        id="a",
        question="?",
        standalone_question="?",
        answer=text + "".join(f" [{marker}]" for marker in markers),
        citations=cited,
        claims=(Claim(start=0, end=len(text), markers=markers, supported=True),),
        passages=tuple(passages),
        model="extractive",
        prompt_sha256="",
        index_fingerprint="",
    )


def composed(*parts: tuple[str, str, str]) -> Answer:
    """An answer of sentences, each with the quote and the essay it cites."""
    text, claims, citations = "", [], []
    for marker, (sentence, quote, source) in enumerate(parts, start=1):
        start = len(text)
        text += sentence
        claims.append(Claim(start=start, end=len(text), markers=(marker,), supported=True))
        text += f" [{marker}] "
        citations.append(cite(quote, source, marker))
    return answer("-", citations).model_copy(update={"answer": text.strip(), "claims": tuple(claims)})


def abstained(passages: Sequence[RankedPassage] = PASSAGES) -> Answer:
    """An answer that declines."""
    text = "The essays do not cover 40 metres or 1820."
    return answer(text, [], passages).model_copy(update={"abstained": True, "abstain_reason": "weak", "claims": ()})
