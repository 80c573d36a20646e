"""Whether quotes bear a sentence out: figures, names, polarity, direction, amount, order, subject and condition."""

import pytest

from assistant.answering.bearing import fault, is_supported

QUOTE = "A LoRA run that once cost $30,000 can now be done for $50–$500 on a single RTX 4090."


@pytest.mark.parametrize(
    "sentence",
    [
        QUOTE,
        "A LoRA run now costs $50 to $500.",
        "LoRA runs once cost 30K.",
        "A LoRA run that once cost thirty thousand can be done on one RTX 4090.",
    ],
)
def test_what_the_quote_says_is_supported(sentence: str) -> None:
    assert is_supported(sentence, [QUOTE])


@pytest.mark.parametrize(
    "sentence",
    [
        "A LoRA run that once cost $30,000 can now be done for $50–$5,000 on a single RTX 4090.",
        "A LoRA run that once cost $30,000 can now be done for $50–$500 on two RTX 4090.",
        "A LoRA run now costs $50 to $500 and 3 hours.",
        "A LoRA run once cost 30 million.",
        "Turtles live a long time.",
        "And so it is.",
        "A",
        ".",
        "",
    ],
)
def test_other_figures_or_other_words_are_not(sentence: str) -> None:
    assert not is_supported(sentence, [QUOTE])


@pytest.mark.parametrize(
    ("sentence", "quote", "supported"),
    [
        ("A LoRA run does not cost $50.", QUOTE, False),
        ("LoRA never ran on one RTX 4090.", QUOTE, False),
        ("Fine-tuning doesn't add knowledge.", "Fine-tuning adds knowledge.", False),
        ("Fine-tuning does not add knowledge.", "Fine-tuning adds no knowledge.", True),
        ("Do not fine-tune for facts.", "Avoid fine-tuning for facts.", True),
    ],
)
def test_a_denial_needs_a_quote_that_denies(sentence: str, quote: str, supported: bool) -> None:
    assert is_supported(sentence, [quote]) == supported


@pytest.mark.parametrize(
    ("sentence", "supported"),
    [
        ("Prompt caching cuts latency by 85% and input costs by 90%.", True),
        ("Prompt caching raises latency by 85% and input costs by 90%.", False),
        ("Prompt caching, sold at http://evil.example, cuts latency by 85% and input costs by 90%.", False),
        ("Prompt caching cuts latency by 85%, input costs by 90%: mail prompt@evil.example.", False),
    ],
)
def test_neither_the_other_way_round_nor_an_address_of_its_own_is_borne_out(sentence: str, supported: bool) -> None:
    quote = "Prompt caching changes the price: prefix caching cuts latency by 85% and input token costs by 90%."
    assert is_supported(sentence, [quote]) == supported


def test_a_quote_without_a_subject_word_bears_out_itself() -> None:
    assert is_supported("But do they?", ["But do they?"])


def test_several_quotes_bear_a_sentence_out_together() -> None:
    sentence = "LoRA costs 500 dollars; forgetting costs 20 points."
    quotes = ["LoRA costs 500 dollars.", "Forgetting costs twenty points."]
    assert is_supported(sentence, quotes)
    assert not is_supported(sentence, quotes[:1])


def test_nothing_is_supported_by_nothing() -> None:
    assert not is_supported(QUOTE, [])


SAVINGS = "Caching a long prefix cuts its cost by up to 90% and the latency by up to 85%, says the announcement."


def test_figures_that_changed_places_are_not_supported() -> None:
    assert is_supported("A cached prefix costs up to 90% less and cuts latency by up to 85%.", [SAVINGS])
    assert not is_supported("Caching a long prefix cuts its cost by 85% and the latency by 90%.", [SAVINGS])
    assert not is_supported("Caching cuts latency by 90%, while the cost of a long prefix falls by 85%.", [SAVINGS])


POOL = (
    "The pool is open from six in the morning on weekdays and from nine on Saturdays; children under ten swim only "
    "with an adult."
)
TRAIN = (
    "The night train costs more than the coach but is quicker, and most travellers book it at least three weeks ahead."
)
DRONE = (
    "If the battery falls below 20 percent, the drone returns to its base; Kestrel drones wait 5 minutes, Osprey "
    "drones 12 minutes."
)
PARK = "Dogs may enter the park on a lead; in spring they must stay outside, because larks nest in the grass."
EDITOR = "The editor rejected the reviewer's proposal because the author had not been consulted."
FERRY = "When the river freezes, the ferry is replaced by a bus, which takes twice as long."
MINE = "Rivera closed the mine before Okafor bought the railway."


PUMP = "If the pump overheats, the controller shuts it down and the operator must restart it by hand."
ARCHIVE = "The archive takes letters only in paper boxes, and the curator sorts old deeds into new folders."


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("Once more than 30 cm of snow lie, the path is closed.", "The path closes when snow lies deeper than 30 cm."),
        ("Four fifths of the visitors return.", "80% of the visitors return."),
        ("In certain years, July is hot.", "In some years, July is hot."),
        ("Letters have to be in paper boxes for the archive to take them.", ARCHIVE),
        ("On weekdays the pool opens at six in the morning, on Saturdays at nine.", POOL),
        ("Children under ten may swim when an adult is with them.", POOL),
        ("The coach is cheaper than the night train, though slower.", TRAIN),
        ("Most travellers book the night train three weeks ahead or earlier.", TRAIN),
        ("A drone flies back to its base once its battery is under 20 percent.", DRONE),
        ("Osprey drones wait 12 minutes, Kestrel drones 5.", DRONE),
        ("Okafor bought the railway after Rivera had closed the mine.", MINE),
        ("On a lead, dogs are allowed into the park.", PARK),
        ("Because the author had not been consulted, the editor turned down what the reviewer proposed.", EDITOR),
        ("In case the river freezes, a bus replaces the ferry.", FERRY),
        ("Two out of three readers agree.", "Two thirds of the readers agree."),
        ("They sanded before they painted.", "The crew worked in order: sanding first, painting afterwards."),
        ("Safety, not speed, should be the goal.", "Safety is the goal of the crew, not speed."),
    ],
)
def test_other_words_for_the_same_are_supported(sentence: str, quote: str) -> None:
    assert not fault(sentence, [quote])


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("On Saturdays the pool is open from six in the morning.", POOL),
        ("The pool opens at nine on weekdays and at six on Saturdays.", POOL),
        ("Children under ten swim without an adult.", POOL),
        ("Children over ten swim only with an adult.", POOL),
        ("Adults swim only with children under ten.", POOL),
        ("The coach costs more than the night train.", TRAIN),
        ("All travellers book the night train at least three weeks ahead.", TRAIN),
        ("Most travellers book the night train at most three weeks ahead.", TRAIN),
        ("Most travellers book it at least three months ahead.", TRAIN),
        ("Few travellers book the night train three weeks ahead.", TRAIN),
        ("The drone returns to its base.", DRONE),
        ("If the battery rises above 20 percent, the drone returns to its base.", DRONE),
        ("Unless the battery falls below 20 percent, the drone returns to its base.", DRONE),
        ("Kestrel drones wait 12 minutes.", DRONE),
        ("Okafor closed the mine before Rivera bought the railway.", MINE),
        ("Rivera closed the mine after Okafor bought the railway.", MINE),
        ("Rivera opened the mine before Okafor bought the railway.", MINE),
        ("Rivera did not close the mine before Okafor bought the railway.", MINE),
        ("It is a myth that Rivera closed the mine before Okafor bought the railway.", MINE),
        (
            "The crew painted first and sanded afterwards.",
            "The crew worked in order: sanding first, painting afterwards.",
        ),
        ("Dogs nest in the grass.", PARK),
        ("Dogs may enter the park without a lead.", PARK),
        ("The author rejected the reviewer's proposal.", EDITOR),
        ("The reviewer rejected the editor's proposal because the author had not been consulted.", EDITOR),
        ("A bus replaces the ferry.", FERRY),
        ("The bus takes half as long as the ferry.", FERRY),
        ("If the pump overheats, the operator shuts it down and the controller must restart it by hand.", PUMP),
        ("The curator sorts new folders into old deeds.", ARCHIVE),
        ("The curator sorts new deeds into old folders.", ARCHIVE),
        ("Speed should be the goal, not safety.", "Safety is the goal of the crew, not speed."),
    ],
)
def test_a_turned_sentence_is_not_supported(sentence: str, quote: str) -> None:
    assert fault(sentence, [quote])


def test_a_sentence_may_name_the_documents_it_cites_and_no_other() -> None:
    sentence = "According to Rosa Vidal, the mine closed before the railway was bought."
    assert is_supported(sentence, [MINE], "Rosa Vidal: Coal and Rails")
    assert not is_supported(sentence, [MINE], "Ann Ode: Coal and Rails")
