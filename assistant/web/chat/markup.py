"""Text from outside as HTML: paragraphs, lists, lines. All of it is escaped; only our own tags are tags."""

from __future__ import annotations

import re
from itertools import groupby

from markupsafe import Markup, escape

_BULLET = re.compile(r"\s*[-*•]\s+")
_CODE = re.compile(r"`([^`]+)`")


def paragraphs(html: Markup) -> Markup:
    """Escaped text as paragraphs and lists: a blank line ends a paragraph, a leading dash makes an item."""
    made = Markup()
    for block in re.split(r"\n\s*\n", str(html)):
        lines = block.strip().splitlines()
        for listed, run in groupby(lines, key=lambda line: _BULLET.match(line) is not None):
            if listed:
                items = (Markup('<li dir="auto">{}</li>').format(coded(_BULLET.sub("", line, count=1))) for line in run)
                made += Markup('<ul dir="auto">{}</ul>').format(Markup().join(items))
            else:
                made += Markup('<p dir="auto">{}</p>').format(coded("\n".join(run)))
    return made


def plain(text: str) -> Markup:
    """Text from outside as paragraphs and lists."""
    return paragraphs(escape(text)) if text.strip() else Markup()


def coded(escaped: str) -> Markup:
    """Words between backticks as code, in text that is escaped already."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escaped)))  # noqa: S704


def listed(name: str, heading: str, items: Markup) -> Markup:
    """A headed list of sources or passages."""
    return Markup('<section class="{}"><h3>{}</h3><ol>{}</ol></section>').format(name, heading, items)


def line(html: Markup) -> str:
    """One line: a blank line would end the HTML block, a line break in the text is shown as one."""
    return str(html).strip().replace("\r\n", "\n").replace("\r", "\n").replace("\n", "<br>")
