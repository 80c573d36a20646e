"""What the chat shows, as HTML."""

import re

import pytest

from assistant.errors import InputError
from assistant.types import Answer, CaseFact, CaseVerdict, Citation, Claim, Essay, OriginalWords
from assistant.web.chat import messages
from assistant.web.chat.records import Exchange, exchange_of

HOSTILE = '<img src=x onerror="alert(1)">'
ESSAYS = {
    "n": Essay(id="n", title=f"On {HOSTILE}", author="Ada", kind="notes", text="## Costs\n\nIt costs [1] much."),
    "o": Essay(id="o", title="Original", publisher="The Press", text="It pays."),
}


def citation(marker: int, source: str, quote: str) -> Citation:
    essay = ESSAYS[source]
    start = essay.text.index(quote)
    return Citation(
        marker=marker, source_id=source, title=essay.title, author=essay.author, url=None, kind=essay.kind,
        section="Costs", quote=quote, start=start, end=start + len(quote),
    )  # fmt: skip


def answer(text: str, *claims: Claim, citations: tuple[Citation, ...] = (), **more: object) -> Answer:
    made = {
        "id": "a",
        "question": "q",
        "standalone_question": "q",
        "model": "m",
        "prompt_sha256": "p",
        "index_fingerprint": "f",
    }
    return Answer(**made, answer=text, claims=claims, citations=citations, **more)  # type: ignore[arg-type]


def shown(given: Answer) -> str:
    html = messages.exchange_html(exchange_of(given, ESSAYS, None), ESSAYS)
    assert "\n" not in html
    return html


def test_the_marks_behind_a_claim_become_links_and_all_else_stays_text() -> None:
    text = "It costs [1] much. [1][2]"
    html = shown(
        answer(
            text,
            Claim(start=0, end=len("It costs [1] much."), markers=(1, 2), supported=True),
            citations=(citation(1, "n", "It costs [1] much."), citation(2, "o", "It pays.")),
        )
    )
    assert len(re.findall(r'<a class="cite reads"[^>]*>\d</a>', html)) == 2
    assert "It costs [1] much.<a" in html


def test_a_source_names_notes_as_notes_and_an_original_as_itself() -> None:
    html = shown(
        answer(
            "Yes. [1][2]",
            Claim(start=0, end=4, markers=(1, 2), supported=True),
            citations=(citation(1, "n", "It costs [1] much."), citation(2, "o", "It pays.")),
        )
    )
    assert "notes on “On &lt;img" in html
    assert '<span class="title">“Original”, The Press · </span>Costs</span>' in html


def test_sources_of_one_document_name_it_once_and_lead_to_the_words_on_its_authors_page() -> None:
    first, second = (
        citation(n, "n", "It costs [1] much.").model_copy(
            update={"original": OriginalWords(url="https://x.example/y#:~:text=It", start="It", end="much")}
        )
        for n in (1, 2)
    )
    html = shown(
        answer("Yes. [1][2]", Claim(start=0, end=4, markers=(1, 2), supported=True), citations=(first, second))
    )
    assert html.count('<li class="same">') == 1
    assert html.count('<a class="author" href="https://x.example/y#:~:text=It" target="_blank" rel="noopener">') == 2


def case(**more: object) -> CaseVerdict:
    fact = CaseFact(
        field="tried", name="tried", ask="What?", values=("retrieval", "more"), told=HOSTILE, before="unknown"
    )
    made = {
        "said": "200 tickets & <b>", "decided": True, "verdict": "no", "headline": f"Wait {HOSTILE}.",
        "rung": "retrieval", "title": "Retrieval", "number": 4, "rungs": 8, "deciding": 2,
        "facts": (fact,), "in_words": ("Understood: a.",),
    }  # fmt: skip
    return CaseVerdict.model_validate(made | more)


def test_a_case_is_a_card_of_its_data_that_leads_to_the_filled_in_advisor() -> None:
    text = "No. It costs. [1] It pays. [2]"
    claims = (
        Claim(start=4, end=13, markers=(1,), supported=True),
        Claim(start=18, end=26, markers=(2,), supported=True),
    )
    cited = (citation(1, "n", "It costs [1] much."), citation(2, "o", "It pays."))
    given = answer(text, *claims, citations=cited, notices=("Understood: a.", "More."))
    html = shown(given.model_copy(update={"case": case(before="Prompt")}))
    assert 'href="advise?text=200+tickets+%26+%3Cb%3E&amp;tried=retrieval&amp;tried=more"' in html
    assert "<b>No.</b> Wait &lt;img" in html
    assert "Rung 4 of 8: Retrieval" in html
    assert "<del>Prompt</del> → Retrieval" in html
    decides, also = html.index('<li class="decides" dir="auto">'), html.index('<li class="also" dir="auto">It costs.')
    assert also < decides
    assert "<del>unknown</del> → <b>&lt;img" in html
    assert "Understood: a.</p>" not in html
    assert "More.</p>" in html
    so_far = shown(answer("It costs.").model_copy(update={"case": case(decided=False)}))
    assert '<p dir="auto">It costs.</p>' in so_far
    assert "Your case, so far" in so_far
    assert "Rung" not in so_far


def test_nothing_from_outside_becomes_markup() -> None:
    html = shown(
        answer(
            f"{HOSTILE} ![x](http://x.example/y)",
            notices=(HOSTILE,),
            citations=(citation(1, "n", "It costs [1] much."),),
        )
    )
    assert "<img" not in html + messages.question_html(HOSTILE) + messages.partial_html(HOSTILE)
    assert "<img" not in shown(answer(HOSTILE, abstained=True))
    assert "<img" not in messages.stopped_html(Exchange(question=HOSTILE, written=HOSTILE))
    assert "<img" not in messages.error_html(InputError(HOSTILE, HOSTILE))


def test_paragraphs_lists_and_commands_are_shown_as_such() -> None:
    html = shown(answer("First.\n\n- one\n- two\n\nLast.", notices=("Run `assistant doctor`.",)))
    assert '<div class="answer"><p>First.</p><ul><li>one</li><li>two</li></ul><p>Last.</p></div>' in re.sub(
        r' dir="auto"', "", html
    )
    assert "Run <code>assistant doctor</code>." in html


@pytest.mark.parametrize("question", ["two\n\nparagraphs", "a\r\nb", "    code", "# heading", "$$x$$ `y` <!-- z"])
def test_a_question_is_one_line_of_html(question: str) -> None:
    html = messages.question_html(question)
    assert html.startswith('<div class="asked"')
    assert html.endswith("</div>")
    assert "\n" not in html
    assert "\r" not in html
