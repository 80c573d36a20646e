"""``assistant advise``: apply the essays' decision framework to a case and print the verdict.

The case comes from text, a JSON file, options or questions. ``--suite`` scores the rules on cases with known verdicts.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.answers import source_line
from assistant.cli.ask import question_text
from assistant.cli.terminal import Json, complain, note, say, say_json, table, warn, wrapped
from assistant.errors import InputError

if TYPE_CHECKING:
    from assistant.advice.breakeven import BreakEven
    from assistant.advice.deciding import Advice, Item, Question, Reason
    from assistant.advice.reading import Understood
    from assistant.advice.situation import Situation
    from assistant.advice.suite import Scored
    from assistant.corpus.loading import Corpus
    from assistant.types import Essay

MOST_QUESTIONS = 10
NO_CASE = (
    "There is no case to judge.",
    'Describe it: assistant advise "We have 200 labelled …", or give --set field=value.',
)
FIRST_STEPS = 4
MONTHS = (0, 3, 6, 12, 24)
NOT_UNDERSTOOD = (
    "Nothing of the text was understood. Say what fails, how many labelled examples there are and what was tried, "
    "or give --set field=value."
)
_BYTES = 1_000_000
_PRICES = (
    "queries_per_month tokens_per_query prompt_price cached_price tuned_price training_cost upkeep_per_month".split()
)


def advise(
    text: Annotated[str | None, typer.Argument(metavar="[TEXT]", help="Your case, in words; - reads stdin.")] = None,
    situation: Annotated[
        str | None, typer.Option("--situation", metavar="FILE.json", help="Your case as fields; - reads stdin.")
    ] = None,
    corrections: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="Add or correct one field; repeatable.")
    ] = None,
    as_json: Json = False,
    full: Annotated[
        bool, typer.Option("--full", help="Print all there is: reasons, checklists, costs, sources.")
    ] = False,
    interactive: Annotated[bool, typer.Option("--interactive", help="Ask for what could change the verdict.")] = False,
    suite: Annotated[
        Path | None, typer.Option("--suite", metavar="FILE.jsonl", help="Score the rules on situations with verdicts.")
    ] = None,
) -> None:
    """Say what to try next in your case, and whether to fine-tune, with the words it rests on."""
    given = text is not None or situation is not None or bool(corrections)
    if suite is not None:
        if given or interactive:
            raise InputError("A suite is scored alone.", "Leave the text, --situation, --set and --interactive out.")
        _score(suite, as_json=as_json)
        return
    if not given and not interactive and not sys.stdin.isatty():
        raise InputError(*NO_CASE)
    case, phrases = _case(text, situation, corrections or [])
    corpus = _corpus()
    if interactive or not given:
        case = _asked(case, corpus.essays)
    _judge(case, corpus, phrases, worded=text is not None, as_json=as_json, full=full)


def _judge(
    case: Situation, corpus: Corpus, phrases: tuple[Understood, ...], *, worded: bool, as_json: bool, full: bool
) -> None:
    from assistant.advice.advising import advise as judge

    advice = judge(case, corpus.essays, phrases=phrases, claims=corpus.claims)
    if as_json:
        say_json(advice.model_dump_json(indent=2))
    else:
        show_advice(advice, worded=worded, full=full)


def _case(text: str | None, file: str | None, corrections: list[str]) -> tuple[Situation, tuple[Understood, ...]]:
    """The situation of all that was given, each later one correcting the earlier. Raises InputError."""
    from assistant.advice.deciding import answered
    from assistant.advice.reading import corrected, read

    if text == "-" and file == "-":
        raise InputError("Stdin can't be both the text and the situation.", "Give one of them otherwise.")
    reading = read(_words(text) if text is not None else "")
    reading = corrected(reading, _fields(file)) if file is not None else reading
    case = reading.situation
    for correction in corrections:
        field, equals, value = correction.partition("=")
        if not equals:
            raise InputError(f"--set {correction}: there is no =.", "Write it as --set changes=monthly.")
        case = answered(case, field, value)
    return case, reading.understood


def _words(argument: str) -> str:
    """The case in words, from stdin where the argument is ``-``. Raises InputError if there are none."""
    try:
        return question_text(argument)
    except InputError as error:
        raise (InputError(*NO_CASE) if "is empty" in str(error) else error) from None


def _fields(file: str) -> dict[str, Any]:
    """A situation's fields from a JSON file. Raises InputError naming it."""
    try:
        raw = sys.stdin.buffer.read(_BYTES) if file == "-" else Path(file).read_bytes()
        data = json.loads(raw.decode("utf-8-sig"))
    except OSError as error:
        raise InputError(f"{file}: can't be read ({error.strerror}).", "Check the path.") from None
    except (ValueError, RecursionError):
        raise InputError(f"{file}: is not JSON.", 'Write an object such as {"labelled_examples": 200}.') from None
    if not isinstance(data, dict):
        raise InputError(f"{file}: is no JSON object.", 'Write an object such as {"labelled_examples": 200}.')
    return data


def _corpus() -> Corpus:
    from assistant.corpus.loading import load_corpus
    from assistant.settings import load_settings

    corpus = load_corpus(load_settings())
    warn(corpus.problems)
    return corpus


def _asked(case: Situation, essays: tuple[Essay, ...]) -> Situation:
    """The case with what a person answers, question by question, most telling first; Enter: unknown."""
    note("Enter leaves a question unknown; Ctrl-D ends the questions.")
    seen: set[str] = set()
    while len(seen) < MOST_QUESTIONS + len(_PRICES):
        question = _next(case, essays, seen)
        if question is None:
            break
        seen.add(question.field)
        answer = _answer(case, question)
        if answer is None:
            break
        case = answer
    return case


def _next(case: Situation, essays: tuple[Essay, ...], seen: set[str]) -> Question | None:
    """What to ask now: what could change the verdict, then prices where speed or price is what fails."""
    from assistant.advice.advising import advise as judge
    from assistant.advice.deciding import questions

    open_ones = [question for question in judge(case, essays).missing if question.field not in seen]
    if open_ones and len(seen) < MOST_QUESTIONS:
        return open_ones[0]
    if not {"latency", "cost"} & set(case.fails or ()):
        return None
    prices = (q for q in questions() if q.field in _PRICES and getattr(case, q.field) is None)
    return next((question for question in prices if question.field not in seen), None)


def _answer(case: Situation, question: Question) -> Situation | None:
    """The case with one more answer; None if there is no more input."""
    from assistant.advice.deciding import answered

    note(f"\n{question.ask} {question.why}")
    for choice, meaning in question.choices.items():
        note(f"  {choice}" + (f": {meaning}" if meaning else ""))
    while True:
        try:
            return answered(case, question.field, input("> "))
        except EOFError:
            return None
        except InputError as error:
            complain(str(error))


def _score(path: Path, *, as_json: bool) -> None:
    """The table of a suite. Raises typer.Exit(1) on a miss."""
    from assistant.advice.suite import load_suite, score

    scored = score(load_suite(path), _corpus().essays)
    if as_json:
        say_json(json.dumps([one.model_dump(mode="json") for one in scored], indent=2))
    else:
        rows = [_row(one) for one in scored]
        table(["id", "wanted", "from fields", "ready", "from text", "ready", "read", "verdict"], rows)
        right = sum(not one.misses for one in scored)
        read, fields = sum(one.read for one in scored), sum(one.fields for one in scored)
        say(f"{right} of {len(scored)} situations as wanted; {read} of {fields} fields read from the texts.")
    if any(one.misses for one in scored):
        raise typer.Exit(1)


def _row(one: Scored) -> tuple[str, ...]:
    fields, text = (one.rung, str(one.ready)), (one.text_rung, str(one.text_ready))
    return (one.id, one.wanted, *fields, *text, f"{one.read}/{one.fields}", "; ".join(one.misses) or "as wanted")


def show_advice(advice: Advice, *, worded: bool = False, full: bool = False) -> None:
    """An advice on stdout, as much as a screen holds or in ``full``; its notices on stderr.

    ``worded``: a text was given to read it from.
    """
    if worded and not advice.phrases:
        more = "" if advice.understood else " What follows holds for any case."
        say(wrapped(NOT_UNDERSTOOD + more))
        say()
    ready = {True: "yes", False: "no, not now", None: "not known yet"}[advice.ready_to_fine_tune]
    if not full:
        _show_first(advice, ready)
        return
    _show_understood(advice)
    say(wrapped(f"{advice.headline} (ready to fine-tune: {ready})"))
    _section("Why", (_cited(reason) for reason in advice.reasons))
    _section("Next", advice.next_steps)
    _show_rest(advice)
    _sources(advice)


def _show_first(advice: Advice, ready: str) -> None:
    """The verdict, why, and what to do next."""
    from assistant.advice.situation import told

    say(wrapped(f"{advice.headline} (ready to fine-tune: {ready})"))
    deciding = advice.reasons[0] if advice.reasons else None
    _section("Why", [_cited(deciding)] if deciding else [])
    _section("Next", advice.next_steps[:FIRST_STEPS])
    say()
    if advice.understood:
        facts = "; ".join(f"{name} {told(name, value)}" for name, value in advice.understood.items())
        say(wrapped(f"Understood: {facts}. --set field=value corrects it.", "  "))
    if advice.missing:
        asked = ", ".join(question.field for question in advice.missing[:FIRST_STEPS])
        say(wrapped(f"Would help to know: {asked}.", "  "))
    for citation in advice.citations:
        if deciding and citation.marker == deciding.marker:
            say(wrapped(source_line(citation, quote=False), "    "))
    say(wrapped("--full adds all reasons, the checklists, the costs and the words cited.", "  "))


def _show_understood(advice: Advice) -> None:
    from assistant.advice.situation import told

    if advice.understood:
        say("Understood (--set field=value corrects it):")
        for name, value in advice.understood.items():
            say(wrapped(f"{name}: {told(name, value)}{_read_from(name, advice)}", "  ", first="- "))
        say()


def _show_rest(advice: Advice) -> None:
    """What would change it, the other side, the checklists and the costs."""
    _section("What would change it", advice.would_change)
    others = [reason for reason in advice.for_fine_tuning + advice.against_fine_tuning if reason not in advice.reasons]
    _section("On the other side", (_cited(reason) for reason in others))
    for sides in advice.both_sides:
        _section(f"The essays differ: {sides.title}", (_cited(side) for side in sides.sides))
    _section("Tian Pan's five questions", map(_item, advice.framework))
    _section("DevX's seven patterns", map(_item, advice.readiness))
    gate = advice.gate
    mark = f" [{gate.marker}]" if gate.marker else ""
    _section("Ionut Dumitru's gate", [f"{gate.says}: {gate.text}{mark}"])
    _section("Break-even", [advice.break_even_note])
    if advice.break_even is not None:
        show_break_even(advice.break_even)
    _section("What would help to know", (f"{q.ask} ({q.field}) {q.why}" for q in advice.missing[:5]))


def show_break_even(found: BreakEven) -> None:
    """What each option has cost by the end of some months, to the cent."""
    say()
    months = [month for month in MONTHS if month <= found.horizon]
    rows = [[str(month), *(f"{curve.months[month].dollars:,.2f}" for curve in found.curves)] for month in months]
    table(["month", *(f"{curve.option}, $" for curve in found.curves)], rows)


def _read_from(name: str, advice: Advice) -> str:
    """The words of the text a field was read from, in quotes."""
    words = dict.fromkeys(phrase.text for phrase in advice.phrases if phrase.field == name)
    return "".join(f" “{text}”" for text in words)


def _section(title: str, lines: Iterable[str]) -> None:
    found = list(lines)
    if found:
        say(f"\n{title}:")
        for line in found:
            say(wrapped(line, "  ", first="- "))


def _cited(reason: Reason) -> str:
    return f"{reason.text} [{reason.marker}]"


def _item(item: Item) -> str:
    asked = item.ask if item.ask.endswith("?") else f"{item.ask}:"
    parts = (f"{item.number}. {asked} {item.answer}.", item.text, f"[{item.marker}]")
    return " ".join(part for part in parts if part)


def _sources(advice: Advice) -> None:
    if advice.citations:
        say("\nSources:")
    for citation in advice.citations:
        line = source_line(citation)
        say(wrapped(line, " " * (line.index("]") + 2)))
    sys.stdout.flush()
    for notice in advice.notices:
        note(notice)
