"""Requests go to the host that was named, and to nobody else."""

from collections.abc import Iterator

import pytest

from engines.errors import InputError
from stream.untrusted.origin import ForeignAddressError, Origin, OriginClient
from tests.stream.marks.listener import Listener, listening


@pytest.fixture
def host() -> Iterator[Listener]:
    with listening() as told:
        told.answers["/a"] = b"0123456789"
        yield told


@pytest.fixture
def other() -> Iterator[Listener]:
    with listening() as told:
        told.answers["/b"] = b"elsewhere"
        yield told


@pytest.mark.parametrize(
    ("named", "asked", "same"),
    [
        ("http://h/a", "http://h/b?c#d", True),
        ("http://h/a", "http://H:80/b", True),
        ("http://h/a", "https://h/b", True),
        ("https://h/a", "http://h/b", False),
        ("http://h:8080/a", "https://h/b", False),
        ("http://h:8080/a", "http://h:8081/b", False),
        ("http://h/a", "http://h.evil/b", False),
        ("http://h/a", "http://user@evil/h", False),
        ("http://h/a", "http://h@evil/b", False),
        ("http://user:word@h/a", "http://h/b", True),
        ("http://h/a", "ftp://h/b", False),
        ("http://h/a", "file:///h/b", False),
        ("http://h/a", "http://h:70000/b", False),
        ("http://h/a", "http://[::1/b", False),
        ("http://h/a", "//h/b", False),
        ("http://[::1]/a", "http://[::1]/b", True),
    ],
)
def test_one_host(named: str, asked: str, same: bool) -> None:
    assert Origin.of(named).holds(asked) is same


@pytest.mark.parametrize("text", ["", "h/a", "ftp://h/a", "http:///a", "http://h:x/a", "http://[/a"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(InputError, match="check it"):
        Origin.of(text)


def test_bytes_and_ranges(host: Listener) -> None:
    client = OriginClient(f"{host.url}/a")
    for (first, last), want in {(0, None): b"0123456789", (2, 5): b"2345", (7, None): b"789"}.items():
        with client.get(f"{host.url}/a", first, last) as answer:
            assert answer.read() == want
    assert len(host.asked) == 3


def test_another_host_is_not_asked(host: Listener, other: Listener) -> None:
    with pytest.raises(ForeignAddressError, match="another host than 127"):
        OriginClient(f"{host.url}/a").get(f"{other.url}/b")
    assert host.asked == other.asked == []


def test_a_redirect_to_another_host_is_told_and_not_followed(host: Listener, other: Listener) -> None:
    host.answers["/moved"] = f"->{other.url}/b".encode()
    with pytest.raises(ForeignAddressError, match=rf"has moved to another host, {other.url}/b; name that address"):
        OriginClient(f"{host.url}/moved").get(f"{host.url}/moved")
    assert other.asked == [] and host.asked == ["GET /moved"]


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_a_redirect_to_another_kind_is_not_followed(host: Listener, to: str) -> None:
    host.answers["/moved"] = f"->{to}".encode()
    with pytest.raises(InputError):
        OriginClient(f"{host.url}/moved").get(f"{host.url}/moved")


def test_a_redirect_on_the_same_host_is_followed(host: Listener) -> None:
    host.answers["/moved"] = b"->/a"
    with OriginClient(f"{host.url}/moved").get(f"{host.url}/moved") as answer:
        assert answer.read() == b"0123456789"
    host.answers["/ring"] = b"->/ring"
    with pytest.raises(InputError, match="could not be fetched"):
        OriginClient(f"{host.url}/ring").get(f"{host.url}/ring")


def test_what_is_not_there(host: Listener) -> None:
    with pytest.raises(InputError, match="could not be fetched: Not Found; check the address"):
        OriginClient(host.url).get(f"{host.url}/none")
    with pytest.raises(InputError, match="could not be fetched"):
        OriginClient("http://127.0.0.1:9/").get("http://127.0.0.1:9/x")
    with pytest.raises(InputError, match="could not be fetched"):
        OriginClient("http://127.0.0.1:9/").get("http://127.0.0.1:9/a b")
