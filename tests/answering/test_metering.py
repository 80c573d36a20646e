"""What an answer took of its chat model is known wherever it is broken off."""

import pytest

from assistant.answering.calls import METERED, Call, Meter, metered
from assistant.types import Usage


@pytest.mark.parametrize(
    ("call", "tokens"),
    [
        (Call(sent=400), (100, 0)),
        (Call(sent=401, said=9), (101, 3)),
        (Call(sent=400, said=40, reported=Usage(input_tokens=250)), (250, 10)),
        (Call(sent=400, said=40, reported=Usage(input_tokens=250, output_tokens=1)), (250, 10)),
        (Call(sent=400, said=40, reported=Usage(input_tokens=250, output_tokens=30)), (250, 30)),
    ],
)
def test_what_the_model_has_not_reported_is_estimated(call: Call, tokens: tuple[int, int]) -> None:
    assert (call.usage.input_tokens, call.usage.output_tokens) == tokens


def test_a_meter_counts_the_calls_of_its_own_context() -> None:
    meter = Meter()
    metered(["nobody counts this"])
    token = METERED.set(meter)
    try:
        metered(["four", "more"]).said = 4
        metered(["four"])
    finally:
        METERED.reset(token)
    metered(["nobody counts this"])
    assert meter.usage == Usage(input_tokens=3, output_tokens=1)
