"""Feedback, on every kind of database."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from assistant.errors import KeyReused
from assistant.store import Feedback, Store

HOSTILE = [
    "'; DROP TABLE feedback; --",
    '" OR ""="',
    "1; DELETE FROM conversations",
    "') ON CONFLICT DO UPDATE SET rating = 'up' --",
    "\\'; TRUNCATE meta CASCADE; --",
    "%s %(owner)s :owner ? $1 {owner}",
    "' UNION SELECT value FROM meta --",
    "x' AND 1=(SELECT COUNT(*) FROM messages) --",
    "/* */ ; PRAGMA writable_schema = ON; --",
    "🦜'\u202e;--",
]


def only(store: Store) -> Feedback:
    (found,) = store.every_feedback()
    return found


def test_the_same_again_is_one_row(store: Store) -> None:
    first = store.feedback("ann", "a1", "up", comment="Good.")
    again = store.feedback("ann", "a1", "up", comment="Good.")
    assert (first.new, again.new) == (True, False)
    assert first.id == again.id == only(store).id


def test_a_changed_mind_takes_the_place_of_the_first(store: Store) -> None:
    store.feedback("ann", "a1", "up", comment="Good.", question="Why?")
    store.feedback("ann", "a1", "down", comment="On second thoughts.")
    found = only(store)
    assert (found.rating, found.comment, found.question) == ("down", "On second thoughts.", None)
    assert found.created_at <= found.updated_at


def test_only_what_was_sent_is_there(store: Store) -> None:
    store.feedback("ann", "a1", "up")
    found = only(store)
    assert (found.comment, found.question, found.answer) == (None, None, None)


def test_callers_keys_and_answers_dont_get_in_each_others_way(store: Store) -> None:
    sent = [("ann", "a1", None), ("ben", "a1", None), ("ann", "a2", None), ("ann", "a3", "a1"), ("ben", "a3", "a1")]
    assert all(store.feedback(owner, id_, "up", key=key).new for owner, id_, key in sent)


def test_a_key_that_came_with_another_answer_is_refused_and_changes_nothing(store: Store) -> None:
    store.feedback("ann", "a1", "up", key="k")
    with pytest.raises(KeyReused):
        store.feedback("ann", "a2", "down", key="k")
    assert (only(store).answer_id, only(store).rating) == ("a1", "up")


def test_the_same_sent_many_times_at_once_is_one_row(store: Store) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: store.feedback("ann", "a1", "up", key="k"), range(24)))
    assert [each.new for each in made].count(True) == 1
    assert {each.id for each in made} == {only(store).id}


def test_sql_is_kept_as_the_text_it_is(store: Store) -> None:
    for n in range(50):
        text = f"{HOSTILE[n % len(HOSTILE)]} {n}"
        store.feedback(text, text, "up", comment=text, question=text, answer=text, key=text)
    found = sorted(store.every_feedback(), key=lambda each: int(each.owner.rsplit(" ", 1)[1]))
    assert [each.comment for each in found] == [f"{HOSTILE[n % len(HOSTILE)]} {n}" for n in range(50)]
    assert all(each.owner == each.answer_id == each.comment == each.question == each.answer for each in found)
    assert store.status().conversations == 0
