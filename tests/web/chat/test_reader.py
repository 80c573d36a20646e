"""The source reader over HTTP."""

import html
import re
from urllib.parse import unquote

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from assistant.types import Essay
from assistant.web.pages.reader import CHANGED, MISPLACED, reader_routes
from assistant.web.rendering import Cite, address_of, around, reader_address, safe_address

TEXT = "## Costs\n\nTraining costs money. Prompting costs patience.\n\n- Money\n- Patience\n"
QUOTE = "Prompting costs patience."
NOTES = Essay(
    id="notes-one",
    title="Costs & <Benefits>",
    author="Ada",
    publisher="Ada",
    url="https://x.example/a",
    kind="notes",
    text=TEXT,
)
ORIGINAL = Essay(
    id="odd id/é", title="Odd", publisher="P", published="2024-05-01", url="javascript:alert(1)", text=TEXT
)

LETTER = Essay(id="letter", title="A letter", text=TEXT)
OTHER = Essay(id="notes-one", title="Another corpus", text="Other words.")


@pytest.fixture(scope="module")
def client() -> TestClient:
    app = FastAPI()
    corpora = {"default": {each.id: each for each in (NOTES, ORIGINAL, LETTER)}, "other": {OTHER.id: OTHER}}
    app.include_router(reader_routes(lambda: corpora))
    return TestClient(app)


def address(**changed: str) -> str:
    start = TEXT.index(QUOTE)
    query = {"start": str(start), "end": str(start + len(QUOTE)), "sha256": NOTES.sha256} | changed
    return "/read/notes-one?" + "&".join(f"{name}={value}" for name, value in query.items())


def test_the_page_tells_what_the_text_is_and_marks_the_words(client: TestClient) -> None:
    page = client.get(address()).text
    assert f'<mark id="cited">{QUOTE}</mark>' in page
    assert '<h1 dir="auto">Costs &amp; &lt;Benefits&gt;</h1>' in page
    assert "Notes on this essay, in our words" in page
    assert '<p class="byline">Ada</p>' in page
    assert 'href="https://x.example/a"' in page
    assert page.count("<li>") == 2
    assert 'class="notice"' not in page


def test_a_citations_address_leads_to_its_words(client: TestClient) -> None:
    start = TEXT.index(QUOTE)
    link = reader_address(NOTES, start, start + len(QUOTE))
    assert link.endswith("#cited")
    assert f">{QUOTE}</mark>" in client.get("/" + link).text


def test_all_citations_of_an_answer_are_marked_and_lead_to_each_other(client: TestClient) -> None:
    at = TEXT.index(QUOTE), TEXT.index("Patience")
    cites = [
        Cite(1, at[0], at[0] + len(QUOTE), NOTES.sha256, NOTES.id),
        Cite(2, 3, 8, LETTER.sha256, LETTER.id),
        Cite(3, at[1], at[1] + 8, NOTES.sha256, NOTES.id),
        Cite(4, 0, 5, "0" * 64, NOTES.id),  # of a text that has changed
    ]
    link = address_of(NOTES.id, at[0], at[0] + len(QUOTE), NOTES.sha256, cites=cites)
    page = client.get("/" + link).text
    assert f'<mark id="cited" data-number="1">{QUOTE}</mark>' in page
    assert '<mark data-number="3" class="other">Patience</mark>' in page
    assert re.findall(r'aria-label="Citation (\d)"', page) == ["1", "3", "2"]
    assert 'rel="prev" role="link" aria-disabled="true"' in page
    onward = html.unescape(re.findall(r'rel="next" href="\.\./([^"]+)"', page)[0])
    assert onward.endswith("#cited")
    assert "Notes on “Costs &amp; &lt;Benefits&gt;”, Ada</a>" in page  # stays in sight, wherever the link lands
    assert 'href="../?q=What+does+Ada+say+about+%E2%80%9CCosts%E2%80%9D%3F"' in page
    following = client.get("/" + onward).text
    assert "<title>A letter · Essay Assistant</title>" in following
    assert '<mark id="cited" data-number="2">' in following
    assert client.get(f"/read/{NOTES.id}?cite=1.2.x&cite=").text.count("<mark") == 0


def test_without_offsets_the_whole_essay_stands_unmarked(client: TestClient) -> None:
    page = client.get("/read/notes-one").text
    assert QUOTE in page
    assert "<mark" not in page
    assert 'class="notice"' not in page


def test_a_link_to_changed_text_says_so_and_marks_nothing(client: TestClient) -> None:
    page = client.get(address(sha256="0" * 64)).text
    assert CHANGED in page
    assert "<mark" not in page


@pytest.mark.parametrize(
    "offsets",
    [
        {"start": "5", "end": "5"},
        {"start": "9", "end": "3"},
        {"end": "99999"},
        {"start": "-1"},
        {"start": "x"},
        {"start": ""},
        {"end": "9" * 400},
        {"start": "1.5"},
        {"start": "<script>"},
    ],
)
def test_offsets_that_fit_no_words_open_the_essay_with_a_notice(client: TestClient, offsets: dict[str, str]) -> None:
    reply = client.get(address(**offsets))
    assert reply.status_code == 200
    assert MISPLACED in reply.text
    assert "<mark" not in reply.text
    assert "<script>" not in reply.text


@pytest.mark.parametrize(
    "name", ["nothing", "../../etc/passwd", "..%2f..%2fpyproject.toml", "<script>alert(1)</script>"]
)
def test_an_unknown_essay_is_a_404_that_lists_the_known_ones(client: TestClient, name: str) -> None:
    reply = client.get(f"/read/{name}")
    assert reply.status_code == 404
    assert "alert" not in reply.text
    if "/" not in unquote(name):
        assert "Costs &amp; &lt;Benefits&gt;" in reply.text
        assert "odd%20id/%C3%A9" in reply.text or "odd%20id%2F%C3%A9" in reply.text


def test_around_words_stand_the_sentences_of_the_same_section() -> None:
    text = "## One\n\nFirst said. Then *this* came. Last of all.\n\n## Two\n\nElsewhere it differs.\n"
    essay = Essay(id="e", title="T", text=text)

    def beside(words: str) -> tuple[str, str]:
        return around(essay, text.index(words), text.index(words) + len(words))

    assert beside("First said.") == ("", "Then this came.")
    assert beside("Then *this* came.") == ("First said.", "Last of all.")
    assert beside("Elsewhere it differs.") == ("", "")


def test_only_web_addresses_become_links(client: TestClient) -> None:
    assert safe_address("https://x.example/a?b=c") == "https://x.example/a?b=c"
    for bad in (
        "javascript:alert(1)",
        " JavaScript:alert(1)",
        "data:text/html,x",
        "//x.example",
        "https://",
        "http://[",
        None,
    ):
        assert safe_address(bad) is None


def test_an_essay_of_another_corpus_is_found_by_its_name(client: TestClient) -> None:
    link = reader_address(OTHER, 0, 5, corpus="other")
    assert ">Other</mark>" in client.get("/" + link).text
    assert client.get("/read/notes-one?corpus=nothing").status_code == 404


def test_alone_it_leads_to_the_library_and_beside_the_chat_it_does_not(client: TestClient) -> None:
    alone = client.get("/read/notes-one?corpus=other")
    assert 'href="../library?corpus=other"' in alone.text
    assert "Sec-Fetch-Dest" in alone.headers["Vary"]
    assert "library" not in client.get("/read/notes-one", headers={"Sec-Fetch-Dest": "iframe"}).text
