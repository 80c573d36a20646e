"""One reader of a question: what is asked, of whom, with which polarity and figures, and in which form.

Every later stage reads this value; none has patterns over the question of its own. Negation is never dropped: an
answer to "when should I not" and one to "when should I" have nothing in common but their words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from assistant.quantities import WORD_NUMBERS, Quantity, quantities
from assistant.retrieval.question import Focus, focus_of
from assistant.types import Essay, Frozen

Asked = Literal[
    "verdict", "amount", "when", "reasons", "how", "who", "definition", "comparison", "difference", "agreement", "what"
]
"""What is asked for. ``when`` asks for conditions, ``reasons`` for what speaks for or against, ``what`` for the rest."""

_COURTESY = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|thanks?|thank you|thx|great|cool|hi|hello|hey|please|so|well|hm+|and|but|also|now|then)\b[,.! ]+)+"
    r"|\W*\(?\b(?:thanks?|thank you|thx|please|cheers|ok(?:ay)?)(?: (?:a lot|so much|in advance|thanks))?\b\W*$",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"^\W*(?:can|could|would|will) you (?:please )?(?=(?:tell|give|explain|list|show|make|sum|name|compare|describe|say|define)\b)"
    r"|^\W*(?:please )?(?:tell|show|give) me (?=(?:if|whether|what|why|when|how|which|who|the|a)\b)"
    r"|^\W*(?:i(?:['’]d| would)? (?:like|want|need) to know|do you know|any idea|i wonder|wondering) ",
    re.IGNORECASE,
)
_BEHIND = re.compile(r"\s*\((?=[^()]*(?:\([^()]*\))?[^()]*\)$).+\)$")
"""What a follow-up leans on stands behind it in brackets, and does not ask."""
_SENTENCES = re.compile(r"(?<=[.!?;])\s+")
_AUXILIARY = (
    r"(?:is|are|was|were|am|do|does|did|can|could|should|would|will|shall|has|have|had|must|may|might|need)(?:n['’]?t)?"
)
_LEADS = re.compile(rf"^(?:[^?]{{0,140}}[,:;] )?{_AUXILIARY}\s+(?!me\b)[\w'\"“‘]", re.IGNORECASE)
_VERDICT = re.compile(
    r"\b(?:right|correct|true|agreed|isn['’]?t it|don['’]?t (?:we|they|you)|or not|is that so|yes or no|true or false)\W*$"
    r"|\b(?:whether|worth it|yes or no|is it true|tell me if|ever right)\b"
    r"|^(?:train|tune|fine-?tune|go|go ahead|go ahead anyway|worth it|good idea|enough|possible|allowed|ok|necessary)\W*$",
    re.IGNORECASE,
)
_OPENERS: tuple[tuple[Asked, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        ("difference", r"\b(?:disagree\w*|differ\w*|part ways|conflict\w*|contradict\w*|clash\w*|contrast\w*|diverge\w*|"
                       r"opposite|at odds|split on)\b"),
        ("agreement", r"\b(?:agree\w*|in common|at one|consensus|shared? (?:view|ground|point)\w*|unanimous\w*|common ground|"
                      r"see eye to eye)\b"),
        ("comparison", r"\b(?:compar\w+|versus|vs\.?|one by one|side by side|"
                       r"(?:each|every|all|(?:the )?four)(?: of)?(?: the)?(?: four)? (?:authors?|essays?|pieces?|writers?|texts?|articles?|"
                       r"sources?|of them)|each (?:say|think|see|of)\w*)\b"),
        ("who", r"^(?:who|whose|whom|which (?:of the|author|essay|company|firm|one|team)\b)"),
        ("amount", r"\b(?:how (?:much|many|long|fast|often|big|large|far|high|low|expensive|old)|what (?:percentage|share|price|"
                   r"fraction|number|size|accuracy|score|salary|rate|budget|cost)|by what factor|price tag|"
                   r"what (?:do|does|did|would|will) .{1,60}\b(?:cost|spend|pay|earn|charge|make a year)\b)"),
        ("definition", r"^(?:what(?:['’]s| is| are| does) |define |explain )(?:an? |the )?[\w/-]+(?: [\w/-]+){0,2}(?: mean)?\W*$|"
                       r"\bwhat does .{2,40} mean\b|\bmeant by\b|\bdefinition of\b"),
        ("reasons", r"\b(?:why|how come|reasons?|what speaks|case (?:for|against)|arguments?|pros?|cons|upsides?|downsides?|"
                    r"drawbacks?|benefits?|advantages?|disadvantages?|what['’]s wrong|what is wrong|bother|the catch|risks?|"
                    r"dangers?|good for|bad about|for what purpose)\b"),
        ("when", r"\b(?:when|under (?:what|which)|in (?:what|which)|at what point|circumstances?|conditions?|"
                 r"which (?:cases?|situations?|tasks?|scenarios?|kinds?)|what (?:cases?|situations?|scenarios?)|"
                 r"(?:should|must|needs? to) be (?:true|in place|there|ready)|prerequisites?|preconditions?)\b"),
        ("how", r"\b(?:how (?:do|does|can|should|would|to|is|are)|steps?|in what order|what order|way to|checklist|"
                r"what (?:should|can|could|do) (?:i|we|you|one) (?:do|try|use))\b"),
    )
)  # fmt: skip
_DENIES = re.compile(
    r"\b(?:not|never|no|nobody|nothing|none|hardly|no longer|cannot|can['’]?t|(?:wo|do|does|did|is|are|was|were|should|would|could|must|have|has)n['’]?t|nor|"
    r"avoid\w*|against|oppos\w+|refrain\w*|stay away|steer clear|hold off|skip\w*|without|instead of|rather than|"
    r"disagree\w*|insufficient|risky|dangerous|worse|slower|impossible|only|premature|futile|myth|too \w+|"
    r"un(?:important|likely|safe|able|stable|suitable|fit|helpful|realistic|reliable|sound|needed|wanted)|irrelevant|"
    r"wrong|mistakes?|bad (?:idea|choice|fit|move|plan)|unwise|foolish|overkill|pointless|useless|unnecessary|needless|"
    r"downsides?|drawbacks?|disadvantages?|cons|hurts?|harm\w*|fails?|traps?|discourag\w+|unsuit\w+|out of the question|"
    r"stop|forget about)\b",
    re.IGNORECASE,
)
_BIASED = re.compile(rf"^(?:\w+, )?{_AUXILIARY}(?<=n't|n’t|.nt)\b|\b(?:isn['’]?t it|don['’]?t (?:we|they|you)|or not)\W*$", re.I)
"""A negation that only leans on the listener ("Isn't it simply ...?", "..., don't they?") denies nothing."""
_SIZE = re.compile(r"\b\d+(?:\.\d+)?\s?[bB]\b(?!\w)")

_COUNT = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "a": 1, "single": 1}
_N = r"(\d{1,2}|one|two|three|four|five|six|a|single)"
_MAX_SENTENCES = re.compile(rf"\b(?:in|as|with|using|into) (?:just |only |at most |max(?:imum)? )?{_N}(?: short)? (?:lines?|sentences?)\b|"
                            rf"^\W*{_N} (?:lines?|sentences?)\b", re.IGNORECASE)  # fmt: skip
_MAX_WORDS = re.compile(r"\b(?P<n>\d{1,3}|ten|twenty|thirty|forty|fifty) words?(?: max\w*| at most| or less| only)?\W*$|\b(?:in|under|within|at most|max(?:imum)?|no more than|less than|up to) (\d{1,3}) words\b", re.I)
_TABLE = re.compile(r"\b(?:table|matrix|grid|tabular|side by side)\b", re.IGNORECASE)
_LIST = re.compile(r"\b(?:bullets?|bullet points?|bulleted|checklist|list (?:of|the|all|them|me|what)|as a list|to-?do list|"
                   r"tick(?:ed)? off|enumerate|name (?:the|all|me)|point by point|listed|(?:numbered|ordered|short|simple) list)\b|^\W*list\b", re.IGNORECASE)  # fmt: skip
_SHORT = re.compile(r"\b(?:yes or no only|just yes or no|only yes or no|half as long|too long|less words|fewer words|short(?:er|ly)?|brief(?:ly|er)?|concise\w*|tl;?dr|in a nutshell|one-?liner|quick(?:ly)? answer)\b", re.I)


_FORM_WORDS = re.compile(
    r"\b(?:make|give|write|draw|build|create|show)(?: me| us)? (?:a |an |the )?(?:\w+ )?(?:table|matrix|list|checklist)(?: of| with| that)?\b"
    r"|\b(?:as|in|into|with) (?:a |an )?(?:short |simple |small )?(?:table|matrix|grid|bullets?|bullet points?|list|checklist)(?: form)?\b"
    r"|\b(?:bullets?|bullet points?) (?:of|on|about)\b|\b(?:briefly|concisely|in short|tl;?dr)\b",
    re.IGNORECASE,
)


class Form(Frozen):
    """The form an answer is wanted in; nothing set means that none was asked for."""

    max_sentences: int | None = None
    max_words: int | None = None
    listed: bool = False
    table: bool = False

    @property
    def wanted(self) -> bool:
        """Whether a form was asked for at all."""
        return self != Form()


class Question(Frozen):
    """A question that stands alone, read once.

    ``asking`` is the sentence that asks, without courtesies. ``denied`` is its polarity: an odd number of denials.
    ``bare`` is the text without courtesies and words of form, for
    likeness of meaning, ``names`` the stems of proper names the documents know. ``sizes`` are model sizes ("7b"), ``figures`` all other numbers with their units.
    """

    text: str
    asking: str
    asked: Asked
    denied: bool
    form: Form
    focus: Focus
    bare: str = ""
    names: tuple[str, ...] = ()
    sizes: frozenset[str] = frozenset()
    figures: tuple[Quantity, ...] = ()

    @property
    def is_verdict(self) -> bool:
        """Whether Yes or No can open the answer."""
        return self.asked == "verdict"


def read_question(text: str, essays: Iterable[Essay]) -> Question:
    """Read a standalone question about these documents."""
    focus = focus_of(text, essays)
    bare = plain(text)
    return bare.model_copy(update={"focus": focus})


@lru_cache(maxsize=8_000)
def plain(text: str) -> Question:
    """Read a question without the documents: all but the essays it names."""
    stripped = _COURTESY.sub(" ", text).strip() or text.strip()
    asking = _REQUEST.sub("", _asking(_BEHIND.sub("", stripped) or stripped))
    asked = _asked(asking)
    return Question(
        text=text,
        asking=asking,
        asked=asked,
        denied=_denials(asking) % 2 == 1,
        form=form_of(text),
        focus=Focus(),
        bare=_bare(stripped),
        sizes=frozenset(match[0].replace(" ", "").lower() for match in _SIZE.finditer(text)),
        figures=quantities(_SIZE.sub(" ", text)),
    )


def form_of(text: str) -> Form:
    """The form that the text asks for."""
    sentences = _MAX_SENTENCES.search(text)
    words = _MAX_WORDS.search(text)
    counted = next((group for group in sentences.groups() if group), "") if sentences else ""
    most = int(counted) if counted.isdigit() else _COUNT.get(counted.lower())
    if most is None and _SHORT.search(text) and len(text.split()) <= 12:
        most = 1
    return Form(
        max_sentences=most,
        max_words=_words_wanted(words) if words else None,
        listed=_LIST.search(text) is not None,
        table=_TABLE.search(text) is not None,
    )


def _words_wanted(match: re.Match[str]) -> int:
    given = next(group for group in match.groups() if group).lower()
    return int(given) if given.isdigit() else int(WORD_NUMBERS[given])


def _bare(text: str) -> str:
    """The text without the words that only ask for a form; all of it where nothing else is left."""
    rest = text
    for pattern in (_MAX_SENTENCES, _MAX_WORDS, _FORM_WORDS):
        rest = pattern.sub(" ", rest)
    rest = " ".join(_REQUEST.sub("", rest).split())
    return rest if len(rest) > 2 and any(c.isalpha() for c in rest) else text


def _asking(text: str) -> str:
    """The sentence that asks: the last with a question mark, else the last one, else all of it."""
    pieces = [piece.strip() for piece in _SENTENCES.split(text) if piece.strip()]
    asking = [piece for piece in pieces if piece.endswith("?")]
    return (asking or pieces or [text])[-1]


def _asked(asking: str) -> Asked:
    if _LEADS.search(asking):
        return "verdict"
    verdict = _VERDICT.search(asking) is not None
    for kind, pattern in _OPENERS:
        if pattern.search(asking) and not (verdict and kind not in ("comparison", "difference", "agreement")):
            return "verdict" if verdict and kind in ("agreement", "difference") else kind
    return "verdict" if verdict else "what"


def _denials(asking: str) -> int:
    return len(_DENIES.findall(_BIASED.sub(" ", asking)))
