"""Sessions that were ended are known to every process that has the database, for as long as they would have lasted."""

import time

from assistant.store import Store


def test_an_ended_session_is_known_until_it_would_be_over(url: str) -> None:
    one, other = Store(url), Store(url)
    assert one.ended_sessions() == frozenset()
    now = int(time.time())
    one.end_session("over", now - 1)
    one.end_session("first", now + 600)
    one.end_session("first", now + 600)  # signed out twice at once
    other.end_session("second", now + 600)
    assert one.ended_sessions() == other.ended_sessions() == {"first", "second"}
    other.check()
    for store in (one, other):
        store.close()
