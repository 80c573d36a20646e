"""Parts of a web page that are no text: what a browser does not show, controls, pictures, the site around the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from assistant.corpus.formats import letters

BLOCKS = frozenset(
    """address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol optgroup p pre search section summary
    table tbody td tfoot th thead tr ul""".split()
)
_UNSEEN = frozenset(
    "script style noscript template head datalist rp colgroup param source track map area wbr annotation".split()
)
_UNSEEN_CLASSES = frozenset("sr-only visually-hidden visuallyhidden screen-reader-text katex-mathml".split())
_KINDS = {
    **dict.fromkeys("img picture svg canvas".split(), "picture"),
    **dict.fromkeys("iframe object embed video audio".split(), "embedded video, sound or frame"),
    **dict.fromkeys("button input select textarea option progress meter".split(), "field or button"),
}
_SITE_TAGS = frozenset({"nav", "footer", "header", "search"})
_SITE_ROLES = frozenset("navigation banner contentinfo search menu menubar toolbar dialog alertdialog".split())
_SITE_LINKS = frozenset(
    """nav navbar navigation menu sidebar breadcrumb breadcrumbs toc share sharing social related pagination pager
    skip""".split()
)
"""Words in the class of lists of links; what is called so and holds no links is text."""
_SITE_NOTICES = frozenset("footer cookie cookies newsletter subscribe promo advert ads advertisement".split())
_MODIFIERS = frozenset("has no not with without is show hide".split())
_MOST_OF_A_PAGE = 0.3
"""A part with more of the page's letters than this is text, whatever it is called, unless it is links."""
_SITE_SIGNS = (
    "//nav|//script[@src]|//link[@rel='canonical']|//meta[starts-with(@property,'og:')]|//*[@role='navigation']"
)


def is_of_a_site(tree: Any) -> bool:
    """Whether a page was published on a web site, and not written in an editor and saved as HTML."""
    return bool(tree.xpath(_SITE_SIGNS))


def is_unseen(element: Any) -> bool:
    """Whether a browser shows nothing of an element."""
    if element.tag in _UNSEEN or not isinstance(element.tag, str) or element.get("hidden") is not None:
        return True
    style = re.sub(r"\s", "", element.get("style") or "").lower()
    classes = (element.get("class") or "").lower().split()
    return "display:none" in style or "visibility:hidden" in style or not _UNSEEN_CLASSES.isdisjoint(classes)


def kind_without_text(element: Any) -> str:
    """What a picture, an embedded document or a control is called; empty for text.

    A button is text if it is a heading or a question, as in a list that folds.
    """
    if element.tag == "button":
        in_heading = next(element.iterancestors("h1", "h2", "h3", "h4", "h5", "h6", "dt", "summary"), None)
        if in_heading is not None or len(element.text_content().split()) >= 4:
            return ""
    return _KINDS.get(element.tag, "")


def shown_texts(element: Any) -> Iterator[str]:
    """Every text that a browser shows in an element."""
    yield element.text or ""
    for inner in element:
        if not is_unseen(inner) and not kind_without_text(inner):
            yield from shown_texts(inner)
        yield inner.tail or ""


class Site:
    """The site around the text of a page: menus, headers, footers, notices."""

    def __init__(self, body: Any) -> None:
        """``body`` is the page's; it is not changed."""
        self._letters = letters(body.text_content())
        self._titles = len(list(body.iter("h1")))
        above = takewhile(lambda element: element.tag != "h1", body.iter())
        self._above = frozenset(element for element in above if element.tag in BLOCKS) if self._titles else frozenset()

    def has(self, element: Any) -> bool:
        """Whether the site, and not the text, has this element: by its tag, role or class, or as links above the title.

        What holds the page's only titles or most of its letters is text, whatever it is called.
        """
        if element.tag == "nav":
            return True
        marked = element.tag in _SITE_TAGS and not _inside_text(element)
        marked = marked or element.get("role") in _SITE_ROLES or _has_site_class(element)
        if not marked and not (element in self._above and linked(element) > 0.9):
            return False
        if self._titles and len(list(element.iter("h1"))) == self._titles:
            return False
        return letters(element.text_content()) < _MOST_OF_A_PAGE * self._letters or linked(element) >= 0.5


def linked(element: Any) -> float:
    """The share of an element's letters in links."""
    return sum(letters(link.text_content()) for link in element.iter("a")) / max(1, letters(element.text_content()))


def _inside_text(element: Any) -> bool:
    """Whether the element is in an article or a section, where headers and footers belong to the text."""
    return next(element.iterancestors("article", "main", "section", "blockquote", "figure", "table"), None) is not None


def _has_site_class(element: Any) -> bool:
    if element.tag not in {"div", "ul", "ol", "aside", "section", "p", "span", "form"}:
        return False
    names = [re.findall(r"[a-z]+", name) for name in (element.get("class") or "").lower().split()]
    words = {word for name in names if name and name[0] not in _MODIFIERS for word in (name[0], name[-1])}
    return bool(words & _SITE_NOTICES) or (bool(words & _SITE_LINKS) and linked(element) >= 0.5)
