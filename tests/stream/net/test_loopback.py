"""Which addresses reach this machine alone, however they are written."""

import pytest

from stream.net.loopback import host_of, is_loopback


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost", "LocalHost", "localhost.", "::ffff:127.0.0.1"]
)
def test_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "::", "192.168.1.5", "example.org", "127.0.0.1.example.org", "localhost.example.org", "", "1", "[::1",
     "::ffff:10.0.0.1", "0x7f.1", "127.1", "fe80::1%lo"],
)  # fmt: skip
def test_anywhere_else(host: str) -> None:
    assert is_loopback(host) == (host == "[::1")  # a bracket without its fellow is no other address


@pytest.mark.parametrize(
    ("header", "host"),
    [("localhost:8080", "localhost"), ("127.0.0.1", "127.0.0.1"), ("[::1]:80", "[::1]"), ("[::1]", "[::1]"),
     ("a.example:1", "a.example"), ("", ""), ("::1", "")],
)  # fmt: skip
def test_the_host_of_a_header(header: str, host: str) -> None:
    assert host_of(header) == host
