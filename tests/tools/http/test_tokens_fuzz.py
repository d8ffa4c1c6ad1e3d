"""Tokens from strangers: headers of any kind, and token files damaged in many ways. Nobody is let in by a damaged one.

UNDERSTUDY_FUZZ_SECONDS=600 pytest --timeout 0 tests/tools/http/test_tokens_fuzz.py -k headers
"""

import contextlib
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fuzzing import damaged, hammer
from tools.http.token_gate import AccessDenied, TokenGate
from tools.http.tokens import Scope, TokenError, TokenLimits, Tokens, load, save

NOW = datetime(2026, 11, 30, tzinfo=UTC)
WORDS = (
    "Bearer",
    "bearer",
    "BEARER",
    "Basic",
    "Digest",
    "",
    " ",
    "\t",
    "\x00",
    "é",
    "\ud800",
    "\udcff",
    ",",
    "=",
    "鍵",
)
HEADERS = ["Bearer \ud800", "Bearer \udcc3\udca9", "Bearer é", "bearer\x00", "Bearer ", " Bearer x", "Bearer \x85x"]
FILES = [
    b"[" * 100_000,
    b'{"tokens": {"id": 1}}',
    b'{"tokens": [{"id": "\\ud800"}]}',
    b"\xff\xfe{}",
    b'{"tokens": NaN}',
]


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TokenGate, list[str], bytes]]:
    """A gate, its secrets, and its file as bytes. The last token has ended."""
    path, tokens, secrets = tmp_path_factory.mktemp("tokens") / "tokens.json", Tokens(), list[str]()
    many = TokenLimits(per_minute=10**9)
    for scope, expires in ((Scope.VIEW, None), (Scope.ADMIN, NOW + timedelta(days=1)), (Scope.ADMIN, NOW)):
        tokens, _, secret = tokens.issued([scope], expires, many, "somebody's")
        secrets.append(secret)
    save(tokens, path)
    yield TokenGate(path, lambda: 0.0, lambda: NOW), secrets, path.read_bytes()


def header(chance: random.Random, secrets: list[str]) -> bytes:
    """Words that mean something here in any order, secrets and pieces of them among them."""
    secret = chance.choice(secrets)
    at = chance.randrange(len(secret) + 1)
    pieces = (*WORDS, secret, secret[:at], secret[at:], secret[:at] + chr(chance.randrange(0x300)) + secret[at:])
    text = chance.choice(("", " ")).join(chance.choice(pieces) for _ in range(chance.randrange(1, 5)))
    if chance.random() < 0.3:
        text = f"Bearer {damaged(chance, secret.encode()).decode('utf-8', 'surrogateescape')}"
    return text.encode("utf-8", "surrogatepass")


def let_in(gate: TokenGate, text: str, scope: Scope) -> str | None:
    """The token's id, None where nobody is let in."""
    try:
        return gate.authorize(text, scope).who
    except AccessDenied as denied:
        assert denied.status in (400, 401, 403), denied.status
        return None


def test_headers(issued: tuple[TokenGate, list[str], bytes]) -> None:
    gate, secrets, _ = issued

    def look(data: bytes) -> None:
        text = data.decode("utf-8", "surrogatepass") if _decodes(data) else data.decode("utf-8", "surrogateescape")
        kind, _, rest = text.partition(" ")
        for scope in Scope:
            who = let_in(gate, text, scope)
            good = kind.lower() == "bearer" and rest.strip() in secrets[:2]
            if who is not None:
                assert good and who in rest, "only a whole secret opens anything"
            if good and rest.strip() == secrets[1]:
                assert who is not None, "and an admin's opens everything"

    for text in HEADERS:
        look(text.encode("utf-8", "surrogatepass"))
    hammer(500, lambda chance: header(chance, secrets), look)


def test_files(issued: tuple[TokenGate, list[str], bytes], tmp_path: Path) -> None:
    _, secrets, whole = issued
    path = tmp_path / "tokens.json"
    digests = {one["sha256"] for one in json.loads(whole)["tokens"]}

    def look(data: bytes) -> None:
        path.write_bytes(data)
        path.chmod(0o600)
        try:
            tokens = load(path)
        except TokenError as error:
            assert "\n" not in str(error)
            return
        for scope in Scope:
            found = tokens.check(f"Bearer {secrets[0]}", scope, NOW)
            assert isinstance(found, str) or found.digest in digests
        with contextlib.suppress(TokenError):
            save(tokens, tmp_path / "again.json")
            assert load(tmp_path / "again.json") == tokens

    for data in FILES:
        look(data)
    hammer(300, lambda chance: damaged(chance, whole), look)


def _decodes(data: bytes) -> bool:
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True
