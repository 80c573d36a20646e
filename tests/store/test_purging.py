"""Retention while others write, and while the clock is wrong."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta

from lengths import length
from sqlalchemy import text, update
from store_samples import answer

from assistant.store import Store, talks
from assistant.store.records import conversations, messages

OLD = datetime.now(UTC) - timedelta(days=40)


def grow_old(store: Store, conversation_id: str) -> None:
    with store._database.writing() as connection:
        mine = messages.c.conversation_id == conversation_id
        connection.execute(update(messages).where(mine).values(created_at=OLD))
        connection.execute(update(conversations).where(conversations.c.id == conversation_id).values(updated_at=OLD))


def somebody_waits(store: Store) -> bool:
    with store._database.reading() as connection:
        waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return bool(connection.scalar(waiting))


def test_a_purge_beside_writers_takes_the_old_alone(store: Store, url: str) -> None:
    kept: list[str] = []
    written, most = threading.Semaphore(0), 3 * length(20, 300)

    def writes(writer: int) -> None:
        for n in range(most // 3):
            old = store.keep("ann", None, None, answer(f"old {writer}-{n}"))
            grow_old(store, old)
            kept.append(store.keep("ann", None, None, answer(f"new {writer}-{n}")))
            store.feedback("ann", f"{writer}-{n}", "up")
            written.release()

    def purges() -> int:
        with closing(Store(url)) as other:  # as another process would
            taken = 0
            for _ in range(most // 3):
                for _ in range(3):
                    assert written.acquire(timeout=60)
                taken += other.purge(30).conversations
            return taken

    with ThreadPoolExecutor(4) as pool:
        purging = pool.submit(purges)
        writing = [pool.submit(writes, n) for n in range(3)]
        for each in writing:
            each.result()
        assert purging.result() == len(kept)
    assert {each.id for each in store.every_conversation()} == set(kept)
    assert sum(1 for _ in store.every_feedback()) == len(kept)


def test_an_answer_kept_while_its_old_conversation_is_purged_stays(store: Store, url: str) -> None:
    known = store.keep("ann", None, None, answer("Old?"))
    grow_old(store, known)
    with ThreadPoolExecutor(1) as pool, closing(Store(url)) as other, closing(Store(url)) as watching:
        with store._database.writing() as connection:
            talks.add(connection, "ann", known, answer("New?"))
            purging = pool.submit(other.purge, 30)
            while connection.dialect.name == "postgresql" and not somebody_waits(watching):
                assert not purging.done()
        purging.result()
    assert [each.question for each in store.conversation("ann", known).exchanges] == ["New?"]
