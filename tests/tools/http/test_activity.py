"""Which connections are in the middle of a request."""

import pytest

from tools.http.activity import RequestActivity


def test_the_watcher_hears_the_beginning_and_the_end() -> None:
    activity, heard = RequestActivity(), list[bool]()
    activity.watch("one", heard.append)
    with activity.request("one"):
        assert heard == [True]
    assert heard == [True, False]


def test_a_request_that_fails_is_over() -> None:
    activity, heard = RequestActivity(), list[bool]()
    activity.watch("one", heard.append)
    with pytest.raises(ZeroDivisionError), activity.request("one"):
        raise ZeroDivisionError
    assert heard == [True, False]


def test_who_is_not_watched_works_all_the_same() -> None:
    activity, heard = RequestActivity(), list[bool]()
    activity.watch("one", heard.append)
    activity.forget("one")
    activity.forget("one")
    with activity.request("one"):
        pass
    assert heard == []
