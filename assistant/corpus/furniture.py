"""Page furniture: the lines of a saved web page that are not its author's text.

Menus, bylines, reading times, "See also" teasers, share bars and author footers are recognised by general
patterns. When in doubt a line is text: dropping an author's sentence is worse than keeping a menu.
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

_LINES = (
    r"skip to (?:main )?(?:content|navigation)",
    r"(?:main |site )?menu|log ?in|sign (?:in|up)|back to top|table of contents|on this page",
    r"see also\b[: ].*[^.!?…]",
    r"(?:related|read (?:more|next|also)|also read|you (?:may|might) also like): ?.*[^.!?]",
    rf".{{0,60}}\b(?:\d{{4}})?\d{{1,3}}[ -]min(?:ute)?s?[ -]read\W*(?:{_DATE})?",
    rf"(?:(?:published|posted|updated|last (?:updated|modified|edited))(?: on)?:? ?)?{_DATE}\W*",
    rf"(?-i:[A-Z]\w{{0,20}}?){_DATE}\W*",
    r"\w{3,20}logo",
    rf"{_JOB}",
    rf"(?-i:(?:By|Written by|Posted by|Author:|Words by) {_NAME})(?:\W+{_DATE})?",
    r"(?:#\w[\w-]*\s*){2,}(?:share\W*)?|#\w[\w-]*\s*share\W*",
    r"(?:share|tweet|subscribe|subscribe now|copy link|restack)\W*",
    r"share (?:this|on|via) [^.!?]{2,40}|leave a comment|\d+ (?:likes?|comments?|shares?|restacks?|claps?)",
    r"(?:references: ?)?let['’]s stay in touch\b.*|follow (?:me|us) (?:for|on) .*|references:",
    r"thanks for reading\b.{0,60}!.*|subscribe (?:for free )?to (?:receive|get|our|my)\b.*",
    r"(?:sign up (?:for|to)|join) (?:our|my|the) .{0,30}newsletter.*",
    r"(?:about )?our editorial process|see our (?:full )?editorial (?:policy|process|guidelines)\.?",
    r"about the authors?|discussion about this post|ready for more\?|no posts|get the app|start your substack",
    r"[←→↗»«‹›] ?/ ?\w+|[←»«‹›] ?(?:all|next|prev(?:ious)?|back|older|newer)\b[^!?]{0,50}",
    r"(?:next|previous|older|newer|prev) (?:post|article|page|entry)\W*",
    r"\[ [^\[\]]{2,40} \]",
    r"(?:copyright )?(?:©|\(c\)) ?\d{4}\b.*|all rights reserved\.?|privacy [∙·|] terms\b.*",
    r"(?:we|this (?:web)?site) uses? cookies to (?:improve|enhance|personali[sz]e|ensure|give)\b.*",
    r"(?:accept|reject|manage) (?:all )?cookies|advertisement|sponsored",
    r"this site requires javascript\b.*|please (?:enable|turn on) javascript\b.*",
)
_TAILS = (
    r"about our editorial process",
    r"about the authors?",
    r"[→←»] ?/ ?(?:author|next|share|related)\b.*",
    rf"{_JOB}",
    r"related (?:posts?|articles?|stories)|recommended for you|you (?:may|might) also like:?",
    r"leave a (?:comment|reply)|discussion about this post",
)
_FURNITURE = re.compile("|".join(f"(?:{pattern})" for pattern in _LINES), re.IGNORECASE)
_TAIL = re.compile("|".join(f"(?:{pattern})" for pattern in _TAILS), re.IGNORECASE)
_DATELINE = re.compile(rf".*(?:min(?:ute)?s?[ -]read|{_DATE})\W*", re.IGNORECASE)
_DECORATION = re.compile(r"^[·|]\s+|\*\*|__(?=\W|$)|(?<!\w)__")


def is_furniture(line: str) -> bool:
    """Whether one line or sentence, seen alone, is page furniture. Blank lines are not."""
    plain = _plain(line)
    return 0 < len(plain) <= 200 and _FURNITURE.fullmatch(plain) is not None


def furniture_lines(text: str) -> frozenset[int]:
    """0-based numbers of the lines (split at ``\\n``) of ``text`` that are furniture where they stand.

    Beyond ``is_furniture`` this sees context: the byline block under a title, a title said again, and the
    author footer or related links that run from a marker in the second half to the end.
    """
    lines = text.split("\n")
    alone = {number for number, line in enumerate(lines) if is_furniture(line)}
    return frozenset(alone | _byline_block(lines) | _repeated_titles(lines, alone) | _footer(lines))


def strip_furniture(text: str) -> str:
    """``text`` without its furniture lines; runs of blank lines become one, the ends are trimmed."""
    left_out = furniture_lines(text)
    kept = "\n".join(line.rstrip() for number, line in enumerate(text.split("\n")) if number not in left_out)
    return re.sub(r"\n{3,}", "\n\n", kept).strip()


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
    """From the first footer marker in the second half to the end, and the author's name above it."""
    total, seen = sum(len(line) for line in lines), 0
    for number, line in enumerate(lines):
        if seen * 2 > total and _TAIL.fullmatch(_plain(line).lstrip("# ")):
            above = number - 1
            named = above >= 0 and len(_plain(lines[above]).split()) <= 3 and _is_label(lines[above])
            return set(range(above if named else number, len(lines)))
        seen += len(line)
    return set()
