"""Conversations, on every kind of database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from store_samples import answer

from assistant.errors import UnknownConversation
from assistant.store import Removed, Store
from assistant.types import Turn


def test_a_conversation_is_read_back_whole_and_in_order(store: Store) -> None:
    first, second = answer("What is a prompt?"), answer("And “RAG”? 🦜 \\ ' ;", "Looking up. [1]")
    known = store.keep("ann", None, "essays", first)
    assert store.keep("ann", known, "essays", second) == known
    found = store.conversation("ann", known)
    assert [exchange.answer for exchange in found.exchanges] == [first, second]
    assert [exchange.question for exchange in found.exchanges] == [first.question, second.question]
    assert found.corpus == "essays"
    assert timedelta(0) <= found.updated_at - found.created_at < timedelta(minutes=1)
    assert abs(datetime.now(UTC) - found.updated_at) < timedelta(minutes=1)


def test_the_history_is_the_last_turns_in_order(store: Store) -> None:
    known = store.keep("ann", None, None, answer("One?", "1."))
    for question, text in (("Two?", "2."), ("Three?", "3.")):
        store.keep("ann", known, None, answer(question, text))
    assert store.history("ann", known, exchanges=2) == (
        Turn(role="user", content="Two?"),
        Turn(role="assistant", content="2."),
        Turn(role="user", content="Three?"),
        Turn(role="assistant", content="3."),
    )


def test_an_id_told_before_the_answer_begins_the_conversation_with_it(store: Store) -> None:
    told = store.new_id()
    assert store.keep("ann", told, None, answer(), new=True) == told
    assert len(store.conversation("ann", told).exchanges) == 1


def test_ids_cant_be_guessed(store: Store) -> None:
    ids = {store.keep("ann", None, None, answer()) for _ in range(5)}
    assert len(ids) == 5
    assert all(len(bytes.fromhex(each)) == 16 for each in ids)


def test_the_list_names_an_owners_own_by_the_first_question_the_last_used_first(store: Store) -> None:
    old = store.keep("ann", None, None, answer("Old?"))
    new = store.keep("ann", None, None, answer("New?"))
    store.keep("ben", None, None, answer("Ben's?"))
    store.keep("ann", old, None, answer("More?"))
    assert [(each.id, each.title, each.exchanges) for each in store.conversations("ann")] == [
        (old, "Old?", 2),
        (new, "New?", 1),
    ]


def test_somebody_elses_conversation_is_the_same_as_none(store: Store) -> None:
    known = store.keep("ann", None, None, answer())
    said = set()
    for owner, id_ in (("ben", known), ("ann", "0" * 32)):
        for use in (store.history, store.conversation, store.delete):
            with pytest.raises(UnknownConversation) as refused:
                use(owner, id_)
            said.add(str(refused.value))
        with pytest.raises(UnknownConversation):
            store.keep(owner, id_, None, answer())
    assert len(said) == 1
    assert len(store.conversation("ann", known).exchanges) == 1


def test_a_deleted_conversation_is_gone_and_no_other(store: Store) -> None:
    gone, kept = (store.keep("ann", None, None, answer()) for _ in range(2))
    store.delete("ann", gone)
    with pytest.raises(UnknownConversation):
        store.conversation("ann", gone)
    assert [each.id for each in store.conversations("ann")] == [kept]
    assert store.status().exchanges == 1


def test_forgetting_an_owner_takes_all_of_theirs_and_nothing_of_others(store: Store) -> None:
    for owner in ("ann", "ben"):
        store.keep(owner, None, None, answer())
        store.feedback(owner, "a1", "up")
    assert store.forget("ann") == Removed(conversations=1, feedback=1)
    assert [each.owner for each in store.every_conversation()] == ["ben"]
    assert [each.owner for each in store.every_feedback()] == ["ben"]
    assert store.forget(None) == Removed(conversations=1, feedback=1)


def test_answers_that_end_at_once_take_a_place_each(store: Store) -> None:
    known = store.keep("ann", None, None, answer("0"))
    questions = [str(n) for n in range(1, 13)]
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda question: store.keep("ann", known, None, answer(question)), questions))
    kept = [exchange.question for exchange in store.conversation("ann", known).exchanges]
    assert kept[0] == "0"
    assert sorted(kept[1:]) == sorted(questions)


def test_what_is_older_than_the_days_set_is_purged(store: Store) -> None:
    known = store.keep("ann", None, None, answer())
    store.feedback("ann", "a1", "up")
    now = datetime.now(UTC)
    assert store.purge(30, now + timedelta(days=29)) == Removed()
    assert store.purge(0, now + timedelta(days=9_999)) == Removed()
    assert store.purge(30, now + timedelta(days=31)) == Removed(conversations=1, feedback=1)
    with pytest.raises(UnknownConversation):
        store.history("ann", known)


def test_more_than_a_page_is_exported_whole(store: Store) -> None:
    for n in range(205):
        store.feedback("ann", f"a{n}", "down")
    assert sorted(each.answer_id for each in store.every_feedback()) == sorted(f"a{n}" for n in range(205))


def test_two_first_answers_at_once_begin_one_conversation(store: Store) -> None:
    told = store.new_id()
    with ThreadPoolExecutor(4) as threads:
        questions = [str(n) for n in range(4)]
        list(threads.map(lambda q: store.keep("ann", told, None, answer(q), new=True), questions))
    assert sorted(each.question for each in store.conversation("ann", told).exchanges) == questions


def test_nobody_begins_a_conversation_under_anothers_id(store: Store) -> None:
    told = store.keep("ann", None, "essays", answer())
    with pytest.raises(UnknownConversation):
        store.keep("ben", told, None, answer("Ben's?"), new=True)
    found = store.conversation("ann", told)
    assert (found.corpus, len(found.exchanges)) == ("essays", 1)
