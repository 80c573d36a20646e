"""Page furniture: the lines of a saved web page that are not its author's text.

Menus, bylines, reading times, "See also" teasers, share bars and author footers are recognised by general patterns.
They count on web pages alone: minutes of a meeting have dates on lines of their own, and a manual has a menu. When in
doubt a line is text: dropping an author's sentence is worse than keeping a menu.
"""

from __future__ import annotations

import re
from itertools import takewhile

HEAD_LINES = 12
"""Non-blank lines at the top of a page where a byline block or a repeated title is looked for."""

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)[a-z]{0,6}\.?"
_DATE = rf"(?:{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|\d{{1,2}} {_MONTH},? \d{{4}}|\d{{4}}-\d{{2}}-\d{{2}})"
_NAME = r"[A-Z][\w.'’-]*(?: [A-Z][\w.'’-]*){1,3}"
_JOB = (
    r"(?:(?:senior|staff|technology|contributing) )?(?:journalist|reporter|writer|columnist|contributor|editor)"
    r" (?-i:at [A-Z])[^.!?]{1,40}"
)

_OF_PAGES_ONLY = (
    r"skip to (?:main )?(?:content|navigation)",
    rf".{{0,60}}\b(?:\d{{4}})?\d{{1,3}}[ -]min(?:ute)?s?[ -]read\W*(?:{_DATE})?",
    r"\w{3,20}logo",
    r"(?:#\w[\w-]*\s*){2,}share\W*|#\w[\w-]*\s*share\W*",
    r"(?:share|tweet|subscribe|subscribe now|copy link|restack)\W*",
    r"share (?:this|on|via) [^.!?]{2,40}|leave a comment|\d+ (?:likes?|comments?|shares?|restacks?|claps?)",
    r"(?:references: ?)?let['’]s stay in touch\b.*|follow (?:me|us) (?:for|on) .*",
    r"thanks for reading\b.{0,60}!.*|subscribe (?:for free )?to (?:receive|get|our|my)\b.*",
    r"(?:sign up (?:for|to)|join) (?:our|my|the) .{0,30}newsletter.*",
    r"(?:about )?our editorial process|see our (?:full )?editorial (?:policy|process|guidelines)\.?",
    r"discussion about this post|ready for more\?|no posts|get the app|start your substack",
    r"[←→↗»«‹›] ?/ ?\w+|[←»«‹›] ?(?:all|next|prev(?:ious)?|back|older|newer)\b[^!?]{0,50}",
    r"(?:copyright )?(?:©|\(c\)) ?\d{4}\b.*|privacy [∙·|] terms\b.*",
    r"(?:we|this (?:web)?site) uses? cookies to (?:improve|enhance|personali[sz]e|ensure|give)\b.*",
    r"(?:accept|reject|manage) (?:all )?cookies|advertisement|sponsored",
    r"this site requires javascript\b.*|please (?:enable|turn on) javascript\b.*",
)
_DATES = (
    rf"(?:(?:published|posted|updated|last (?:updated|modified|edited))(?: on)?:? ?)?{_DATE}\W*",
    rf"(?-i:[A-Z]\w{{0,20}}?){_DATE}\W*",
)
_ELSEWHERE_TOO = (
    r"(?:main |site )?menu|log ?in|sign (?:in|up)|back to top|table of contents|on this page",
    r"see also\b[: ].*[^.!?…]",
    r"(?:related|read (?:more|next|also)|also read|you (?:may|might) also like): ?.*[^.!?]",
    rf"{_JOB}",
    rf"(?-i:(?:By|Written by|Posted by|Author:|Words by) {_NAME})(?:\W+{_DATE})?",
    r"(?:#\w[\w-]*\s*){2,}",
    r"references:",
    r"about the authors?|all rights reserved\.?",
    r"(?:next|previous|older|newer|prev) (?:post|article|page|entry)\W*",
    r"\[ [^\[\]]{2,40} \]",
)
_TAILS = (
    r"about our editorial process",
    r"about the authors?",
    r"[→←»] ?/ ?(?:author|next|share|related)\b.*",
    rf"{_JOB}",
    r"related (?:posts?|articles?|stories)|recommended for you|you (?:may|might) also like:?",
    r"leave a (?:comment|reply)|discussion about this post",
)


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


_UNMISTAKABLE = _any(*_OF_PAGES_ONLY)
_DATED = _any(*_DATES)
_FURNITURE = _any(*_OF_PAGES_ONLY, *_DATES, *_ELSEWHERE_TOO)
_TAIL = _any(*_TAILS)
_DATELINE = re.compile(rf".*(?:min(?:ute)?s?[ -]read|{_DATE})\W*", re.IGNORECASE)
_DECORATION = re.compile(r"^[·|]\s+|\*\*|__(?=\W|$)|(?<!\w)__")


def is_furniture(line: str) -> bool:
    """Whether one line or sentence, seen alone, is page furniture. Blank lines are not."""
    plain = _plain(line)
    return 0 < len(plain) <= 200 and _FURNITURE.fullmatch(plain) is not None


def is_saved_page(text: str) -> bool:
    """Whether a plain text was copied from a web page: two of its lines or more stand on web pages only."""
    found = 0
    for line in text.split("\n"):
        plain = _plain(line) if len(line) <= 200 else ""
        found += bool(plain) and _UNMISTAKABLE.fullmatch(plain) is not None
        if found == 2:
            return True
    return False


def furniture_lines(text: str) -> frozenset[int]:
    """0-based numbers of the lines (split at ``\\n``) of a saved page that are furniture where they stand.

    Beyond ``is_furniture`` this sees context: a date is furniture near the title only, and so are the byline block
    under it and a title said again; the author footer or related links run from a marker in the second half to the
    next heading with text under it, or the end.
    """
    lines = text.split("\n")
    head = _head(lines)
    alone = {
        number
        for number, line in enumerate(lines)
        if is_furniture(line) and (number in head or not _DATED.fullmatch(_plain(line)))
    }
    return frozenset(alone | _byline_block(lines) | _repeated_titles(lines, alone) | _footer(lines))


def without_furniture(text: str) -> tuple[str, tuple[str, ...]]:
    """A saved page's text without its furniture lines; and these lines."""
    left_out = furniture_lines(text)
    lines = text.split("\n")
    kept = "\n".join(line for number, line in enumerate(lines) if number not in left_out)
    return kept, tuple(line.strip() for number, line in enumerate(lines) if number in left_out and line.strip())


def _plain(line: str) -> str:
    """The line without decoration, its white space made single spaces."""
    return " ".join(_DECORATION.sub("", line.strip()).split())


def _is_label(line: str) -> bool:
    """A name, a role or a category: at most five words and no sentence's end."""
    plain = _plain(line)
    return 0 < len(plain.split()) <= 5 and plain[-1] not in ".!?:…" and not plain.startswith("#")


def _head(lines: list[str]) -> list[int]:
    """Numbers of the first non-blank lines."""
    return [number for number, line in enumerate(lines) if line.strip()][:HEAD_LINES]


def _byline_block(lines: list[str]) -> set[int]:
    """In the head, the labels between a reading time or date and the next blank line: author, role, category."""
    head = _head(lines)
    found: set[int] = set()
    for number in head:
        if is_furniture(lines[number]) and _DATELINE.fullmatch(_plain(lines[number])):
            block = list(takewhile(lambda n: lines[n].strip(), range(number + 1, len(lines))))
            if len(block) <= 3 and all(_is_label(lines[n]) for n in block):
                found |= set(block)
    return found if found and min(found) > _title_line(lines) else set()


def _title_line(lines: list[str]) -> int:
    """Number of the first line that is not furniture; -1 where there is none."""
    return next((n for n, line in enumerate(lines) if line.strip() and not is_furniture(line)), -1)


def _repeated_titles(lines: list[str], alone: set[int]) -> set[int]:
    """Lines of the head that say the title again."""
    head = [number for number in _head(lines) if number not in alone]
    title = _plain(lines[head[0]]).lstrip("# ").casefold() if head else ""
    if not any(letter.isalpha() for letter in title):
        return set()
    return {number for number in head[1:] if _plain(lines[number]).lstrip("# ").casefold() == title}


def _footer(lines: list[str]) -> set[int]:
    """From the first footer marker in the second half to its end, and the author's name above it."""
    total, seen = sum(len(line) for line in lines), 0
    for number, line in enumerate(lines):
        if seen * 2 > total and _TAIL.fullmatch(_plain(line).lstrip("# ")):
            above = number - 1
            named = above >= 0 and len(_plain(lines[above]).split()) <= 3 and _is_label(lines[above])
            return set(range(above if named else number, _end_of_footer(lines, number)))
        seen += len(line)
    return set()


def _end_of_footer(lines: list[str], marker: int) -> int:
    """Number of the first heading below the marker that has a text and not only further titles under it."""
    for number in range(marker + 1, len(lines)):
        if lines[number].startswith("#") and not is_furniture(lines[number].lstrip("# ")):
            below = next((line for line in lines[number + 1 :] if line.strip()), "")
            if len(below.split()) >= 8 and below.rstrip()[-1] in '.!?:…”"' and not below.startswith("#"):
                return number
    return len(lines)
