"""Which documents are the built-in essays."""

import pytest

from assistant.corpus.loading import built_in, catalog, documents_noun, holds_built_in

EVERY = tuple(catalog())


@pytest.mark.parametrize(
    ("ids", "only", "all_of_them"),
    [(EVERY, True, True), (EVERY[:1], True, False), ((*EVERY, "garden"), False, True), (("garden",), False, False)],
)
def test_the_built_in_essays_are_told_from_other_documents(ids: tuple[str, ...], only: bool, all_of_them: bool) -> None:
    assert built_in(ids) is only
    assert holds_built_in(ids) is all_of_them
    assert documents_noun(ids) == ("essays" if only else "documents")
