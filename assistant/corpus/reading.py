"""Reading a document of any kind we take, and what its canonical text, its title and its id are.

Canonical text: LF line ends, Unicode NFC, no byte-order mark, no invisible characters, plain spaces, at most one blank
line in a row, list items on lines that start with "- ", headings (where the format knows them) with "## ". It is the
same whether a file lies in a folder of documents or comes by ``assistant corpus add``.
"""

from __future__ import annotations

import codecs
import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from assistant.corpus.extracting import extract
from assistant.corpus.formats import Extract, excerpt, letters
from assistant.corpus.furniture import is_furniture, is_saved_page, without_furniture
from assistant.corpus.splitting import headings, prose_lines
from assistant.errors import CorpusError
from assistant.settings import Settings, bundled_corpus
from assistant.textfiles import parse
from assistant.types import Essay, Frozen

METADATA = ("title", "author", "publisher", "published", "url")
TEXT_SUFFIXES = (".md", ".markdown", ".txt")
SUFFIXES = (*TEXT_SUFFIXES, ".html", ".htm", ".pdf", ".docx")
LEAST_ARRIVED = 0.98
"""Below this share of a document's visible letters and digits, its reader is warned."""

_SPACES = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_INVISIBLE = re.compile(r"[\u00ad\u200b\u2060\ufeff\U000e0000-\U000e007f\x00-\x08\x0b\x0e-\x1f\x7f]")
_BULLET = re.compile(r"^[ ]*[•◦▪‣][ ]*(?=\S)", re.MULTILINE)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(
    rb"""<meta[^>]{1,200}charset\s*=\s*["']?\s*([\w:.-]+)|<\?xml[^>]{1,100}encoding=["']([\w.-]+)""", re.I
)
_AS_BROWSERS = {
    "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252",
    "iso-8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc-kr": "cp949",
    "utf-16": "utf-8", "utf-16le": "utf-8", "utf-16be": "utf-8",  # a page that says so in ASCII is not
}  # fmt: skip
"""Encodings that mean another one on the web, by the WHATWG's table."""


_MARKUP = re.compile(r"\s*(?:[:`~]{3}|\([\w-]+\)=|<|\[?!\[|\.\. |[|%{])")
"""Lines that no title stands on: directives, anchors, HTML, pictures and badges, rows of tables."""
_INLINE_MARKS = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|[*`]+|(?<!\w)_+|_+(?!\w)|\{[#.:][^}]*\}\s*$")
LONGEST_TITLE = 120

_PLACEHOLDER = re.compile(
    r"\W*(?:anonymous|unspecified|untitled(?:[ -]?\d+)?|unknown|no title|title|author|user|admin|administrator|root"
    r"|python-docx|word document|document ?\d*|microsoft office user|microsoft (?:word|powerpoint) - .*)\W*",
    re.IGNORECASE,
)
"""What programs write as title or author where nobody gave one."""


class Draft(Frozen):
    """A document just read: its text, what its author or editor stated of it, what was guessed from the page.

    ``left_out`` says in words what the file shows and the text lacks, ``arrived`` which share of it is there,
    ``assumed`` in a sentence what the file did not tell of itself.
    """

    text: str
    stated: dict[str, str]
    guessed: dict[str, str]
    left_out: tuple[str, ...] = ()
    arrived: float = 1.0
    assumed: str = ""

    @property
    def loss(self) -> str:
        """What is missing or was assumed, in sentences; empty if nothing is."""
        little = f"Only {self.arrived:.0%} of its visible letters and digits arrived."
        listed = f"Left out: {'; '.join(self.left_out)}."
        said = [little] * (self.arrived < LEAST_ARRIVED) + [listed] * bool(self.left_out)
        return " ".join([*said, self.assumed]).strip()


Extractor = Callable[[bytes, str, Path], Extract]


def read_draft(
    data: bytes, path: Path, settings: Settings, *, charset: str = "", extractor: Extractor | None = None
) -> Draft:
    """The bytes of a document as a draft; ``path`` names it in errors and its suffix tells its kind.

    ``charset`` is the encoding a server declared. Raises CorpusError naming the file and the remedy: empty, binary,
    in no encoding it declares, of another kind, damaged, encrypted, or beyond a limit.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise CorpusError(
            f"{path}: files of this kind are not read.", f"Save it as one of {', '.join(SUFFIXES)} and add that."
        )
    if not data.strip():
        raise CorpusError(f"{path}: the document is empty.", "Give it text, or remove it.")
    draft = _of_text(data, path, charset) if suffix in TEXT_SUFFIXES else _of_file(data, path, charset, extractor)
    if not draft.text:
        only = "holds nothing but page furniture" if draft.left_out else "the document is empty"
        raise CorpusError(f"{path}: {only}.", "Give it text, or remove it.")
    if len(draft.text.encode()) > settings.max_document_bytes:
        raise CorpusError(
            f"{path}: its text is larger than {settings.max_document_bytes:,} bytes.",
            "Split it, or raise ASSISTANT_MAX_DOCUMENT_BYTES.",
        )
    return draft


def _of_text(data: bytes, path: Path, charset: str) -> Draft:
    try:
        whole, assumed = decode(path, data, charset)
        head, body = parse(whole)
    except CorpusError as error:
        raise CorpusError(f"{path}: {error.message.removeprefix(f'{path}: ')}", error.remedy) from None
    if head.get("sha256") == hashlib.sha256(body.encode()).hexdigest():  # an import of ours, canonical as it is
        return Draft(text=body, stated=_as_texts(head), guessed={})
    text = canonical(body)
    return _without_site(Draft(text=text, stated=_as_texts(head), guessed={}, assumed=assumed), is_saved_page(text))


def _of_file(data: bytes, path: Path, charset: str, extractor: Extractor | None) -> Draft:
    suffix, assumed = path.suffix.lower(), ""
    if suffix in {".html", ".htm"}:
        page, assumed = decode(path, data, charset or _declared(data))
        data = page.encode()
    found = extractor(data, suffix, path) if extractor else extract(data, suffix, str(path))
    text = canonical(found.text)
    arrived = min(1.0, letters(text) / found.visible) if found.visible else 1.0
    guessed = {name: value for name, value in found.stated.items() if not _PLACEHOLDER.fullmatch(value)}
    draft = Draft(text=text, stated={}, guessed=guessed, left_out=found.left_out, arrived=arrived, assumed=assumed)
    return _without_site(draft, found.web_page)


def _without_site(draft: Draft, is_page: bool) -> Draft:
    """The draft of a web page without the lines of the site around the text; any other as it is."""
    kept, lines = without_furniture(draft.text) if is_page else (draft.text, ())
    if not lines:
        return draft
    left_out = f"{len(lines)} {'line' if len(lines) == 1 else 'lines'} of page furniture ({excerpt(lines)})"
    return draft.model_copy(update={"text": canonical(kept), "left_out": (*draft.left_out, left_out)})


def read_bytes(path: Path, limit: int) -> bytes:
    """A file's bytes, at most ``limit``. Raises CorpusError."""
    try:
        if path.stat().st_size > limit:
            raise CorpusError(
                f"{path}: larger than {limit:,} bytes.", "Split it, or raise ASSISTANT_MAX_DOCUMENT_BYTES."
            )
        return path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path}: can't be read ({error.strerror}).", "Check the path and its permissions.") from None


def decode(path: Path, data: bytes, declared: str = "") -> tuple[str, str]:
    """Bytes as text with LF line ends, by their byte-order mark, else as ``declared``, else as UTF-8 or windows-1252.

    The second value is a sentence where the last was assumed. Raises CorpusError where they are something else.
    """
    mark, encoding = next((found for found in _MARKS if data.startswith(found[0])), (b"", ""))
    encoding = encoding or _AS_BROWSERS.get(declared.lower(), declared.lower()) or "utf-8"
    if b"\x00" in data and not encoding.startswith(("utf-16", "utf-32")):
        raise CorpusError(f"{path}: holds binary data, not text.", "Save it as UTF-8 text, or remove it.")
    assumed = ""
    try:
        if encoding == "utf-8" and not declared and not mark and is_western(data):
            encoding, assumed = "cp1252", ASSUMED
        text = data[len(mark) :].decode(encoding)
    except LookupError:
        raise CorpusError(f"{path}: is in an unknown encoding ({encoding[:40]}).", "Save it as UTF-8.") from None
    except UnicodeDecodeError as error:
        raise CorpusError(
            f"{path}: is not {encoding.upper()} (byte {error.start + len(mark)}).",
            "Save it as UTF-8, for example with iconv.",
        ) from None
    return re.sub(r"\r\n?", "\n", text), assumed


ASSUMED = "It is not UTF-8 and was read as windows-1252; if letters look wrong, save it as UTF-8."
_SIGN_IN_WORD = re.compile("(?<=[A-Za-zÀ-ÿ])[¡-¦¨-ª¬-³µ¶¸-º¼-¿×÷ˆ˜†‡‰™](?=[A-Za-zÀ-ÿ])")
MOST_ACCENTED = 0.25
"""Most of the letters of a Western text that carry accents; of Cyrillic or Greek read so, nearly all do."""


def is_western(data: bytes) -> bool:
    """Whether bytes that are no UTF-8 read as a text in windows-1252: few accented letters, no signs within words."""
    try:
        data.decode()
    except UnicodeDecodeError:
        try:
            text = data.decode("cp1252")
        except UnicodeDecodeError:
            return False
        found = [letter for letter in text if letter.isalpha()]
        accented = sum(not letter.isascii() for letter in found)
        control = any(unicodedata.category(sign) == "Cc" and not sign.isspace() for sign in text)
        return not control and accented <= MOST_ACCENTED * len(found) and not _SIGN_IN_WORD.search(text)
    return False


def _declared(page: bytes) -> str:
    """The encoding a page's head declares; empty where it declares none."""
    found = _DECLARED.search(page[:4_096])
    return (found[1] or found[2]).decode("ascii", "replace") if found else ""


def canonical(text: str) -> str:
    """``text`` in canonical form, ending in one line end; empty where nothing is left."""
    plain = unicodedata.normalize("NFC", re.sub(r"\r\n?|[\x0c\u2028\u2029\x85]", "\n", text))
    plain = _BULLET.sub("- ", _SPACES.sub(" ", _INVISIBLE.sub("", plain.expandtabs(4))))
    plain = re.sub(r"[ \t]+$", "", plain, flags=re.MULTILINE)
    plain = re.sub(r"\n{3,}", "\n\n", plain).strip()
    return plain + "\n" if plain else ""


def essay_of(draft: Draft, source_id: str, name: str, url: str | None = None) -> Essay:
    """The essay; what a document does not state, the built-in essay with its id does before any guess.

    ``name`` is the file's, for a document that has no title at all.
    """
    known = catalog().get(source_id)
    given = {
        field: draft.stated.get(field)
        or (getattr(known, field) if known is not None else None)
        or draft.guessed.get(field)
        for field in METADATA
    }
    given["url"] = given["url"] or url
    title = given.pop("title") or title_of(draft.text, name)
    kind = "notes" if draft.stated.get("kind") == "notes" else "original"
    return Essay(id=source_id, title=title, kind=kind, text=draft.text, **given)


def title_of(text: str, name: str) -> str:
    """The first heading, else the first line if it reads as a title, else the file's name in words."""
    lines = (line for _, line in prose_lines(text) if letters(line) and not is_furniture(line))
    first = next((line for line in lines if not _MARKUP.match(line)), "")
    for line in (next((heading for _, heading in headings(text)), ""), first):
        title = " ".join(_INLINE_MARKS.sub(r"\1", line).split())
        if letters(title) and len(title) <= LONGEST_TITLE:
            return title
    return re.sub(r"[\W_]+", " ", name).strip() or "Untitled"


def known_id(draft: Draft, stem: str, addresses: Iterable[str] = ()) -> str | None:
    """The id a document has whatever its path: the stated one, else that of the built-in essay it is."""
    if "id" in draft.stated:
        return usable_id(draft.stated["id"])
    known = catalog()
    if stem in known:
        return stem
    title = _alike(draft.stated.get("title") or draft.guessed.get("title") or title_of(draft.text, stem))
    pages = {_page(address) for address in (*addresses, draft.stated.get("url"), draft.guessed.get("url")) if address}
    for essay in known.values():
        if _alike(essay.title) == title or (essay.url is not None and _page(essay.url) in pages):
            return essay.id
    return None


def usable_id(name: str) -> str:
    """``name`` where it can be an essay's id and a file's name, else a slug of it."""
    fits = re.fullmatch(r"\w[\w.\-]{0,79}", name) is not None and not name.endswith(".")
    return name if fits else re.sub(r"[^\w]+", "-", name.lower()).strip("-_")[:80].strip("-_") or "document"


def catalog() -> dict[str, Essay]:
    """The built-in essays by id (as notes): the metadata an original without its own inherits."""
    return _catalog(bundled_corpus())


@lru_cache(maxsize=2)
def _catalog(folder: Path) -> dict[str, Essay]:
    essays = {}
    for path in sorted(folder.glob("*.md")):
        data, body = parse(path.read_text(encoding="utf-8"))
        if "id" in data:  # the folder's README has none
            stated = _as_texts(data)
            essays[stated["id"]] = Essay(text=canonical(body), **stated)
    return essays


def _as_texts(data: Mapping[str, Any]) -> dict[str, str]:
    """The fields we know, as text; a date in ISO form; what is null or blank left out."""
    known = {name: data.get(name) for name in ("id", *METADATA, "kind")}
    texts = {name: value.isoformat() if isinstance(value, date) else value for name, value in known.items()}
    return {name: str(value).strip() for name, value in texts.items() if value is not None and str(value).strip()}


def _alike(title: str) -> str:
    """A title's letters and digits, for comparing."""
    return re.sub(r"[\W_]+", " ", title).strip().casefold()


def _page(url: str) -> str:
    """An address without scheme, www, query and final slash, for comparing."""
    parts = urlsplit(url)
    return (parts.netloc.lower().removeprefix("www.") + parts.path.rstrip("/")) or url
