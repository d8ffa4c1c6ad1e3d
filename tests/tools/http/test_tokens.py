"""Tokens: who gets in, for what, until when, how often; and what can be learnt from their file."""

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tools.http.tokens import Quota, Refusal, Scope, Token, TokenError, TokenLimits, Tokens, load, save

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def issued(*scopes: Scope, expires: datetime | None = NOW + HOUR) -> tuple[Tokens, Token, str]:
    return Tokens().issued(scopes, expires)


def test_the_right_token_gets_in() -> None:
    tokens, token, secret = issued(Scope.VIEW, Scope.SWAP)
    assert tokens.check(f"Bearer {secret}", Scope.SWAP, NOW) == token
    assert tokens.check(f"bearer   {secret} ", Scope.VIEW, NOW) == token


def test_a_scope_opens_only_its_own_door() -> None:
    tokens, _, secret = issued(Scope.VIEW)
    assert tokens.check(f"Bearer {secret}", Scope.SWAP, NOW) is Refusal.SCOPE
    tokens, admin, secret = issued(Scope.ADMIN)
    assert all(tokens.check(f"Bearer {secret}", scope, NOW) == admin for scope in Scope)


@pytest.mark.parametrize("header", ["Bearer é", "Bearer \ud800", "Basic \udcff"])
def test_what_cannot_be_a_token_is_malformed(header: str) -> None:
    assert issued(Scope.ADMIN)[0].check(header, Scope.VIEW, NOW) is Refusal.MALFORMED


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Bearer nonsense", "Basic {secret}", "{secret}"])
def test_everybody_else_stays_out(header: str | None) -> None:
    tokens, _, secret = issued(Scope.ADMIN)
    told = header.replace("{secret}", secret) if header else header
    assert tokens.check(told, Scope.VIEW, NOW) is Refusal.UNKNOWN


def test_the_digest_is_not_a_password() -> None:
    tokens, token, secret = issued(Scope.ADMIN)
    assert tokens.check(f"Bearer {token.digest}", Scope.VIEW, NOW) is Refusal.UNKNOWN
    assert tokens.check(f"Bearer {secret[:-1]}", Scope.VIEW, NOW) is Refusal.UNKNOWN


def test_an_ended_token_is_an_unknown_one() -> None:
    tokens, token, secret = issued(Scope.VIEW)
    assert tokens.check(f"Bearer {secret}", Scope.VIEW, NOW + HOUR - timedelta(seconds=1)) == token
    assert tokens.check(f"Bearer {secret}", Scope.VIEW, NOW + HOUR) is Refusal.UNKNOWN
    forever, token, secret = issued(Scope.VIEW, expires=None)
    assert forever.check(f"Bearer {secret}", Scope.VIEW, NOW + 100_000 * HOUR) == token


def test_revoking() -> None:
    tokens, first, secret = issued(Scope.VIEW)
    tokens, second, other = tokens.issued([Scope.VIEW], None)
    tokens = tokens.revoked(first.id)
    assert tokens.check(f"Bearer {secret}", Scope.VIEW, NOW) is Refusal.UNKNOWN
    assert tokens.check(f"Bearer {other}", Scope.VIEW, NOW) == second
    with pytest.raises(TokenError, match=f"no token {first.id}"):
        tokens.revoked(first.id)


def test_no_tokens_no_strangers() -> None:
    assert not Tokens()
    assert issued(Scope.VIEW)[0]
    with pytest.raises(TokenError, match="opens nothing"):
        issued()


def test_the_file_holds_no_secret_and_is_private(tmp_path: Path) -> None:
    tokens, token, secret = Tokens().issued([Scope.SWAP], NOW + HOUR, TokenLimits(10, 1, 1000), "the studio's machine")
    save(tokens, tmp_path / "tokens.json")
    text = (tmp_path / "tokens.json").read_text()
    assert secret not in text and secret.split("_")[-1] not in text and token.digest in text
    assert load(tmp_path / "tokens.json") == tokens
    assert [path.name for path in tmp_path.iterdir()] == ["tokens.json"]
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "tokens.json").stat().st_mode) == 0o600


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    save(issued(Scope.VIEW)[0], tmp_path / "tokens.json")
    (tmp_path / "tokens.json").chmod(0o644)
    with pytest.raises(TokenError, match="chmod 600"):
        load(tmp_path / "tokens.json")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"tokens": [{}]}',
        '{"tokens": 1}',
        '{"tokens": [1]}',
        "[" * 100_000,
        '{"tokens": [{"id": "a", "sha256": "b", "scopes": ["root"], "expires": null}]}',
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "tokens.json"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(TokenError, match="damaged"):
        load(path)
    with pytest.raises(TokenError, match="check the path"):
        load(tmp_path / "none.json")


ONE = '{"tokens": [{"id": "a", "sha256": "b", "scopes": ["view"], "expires": null, "note": "", "limits": LIMITS}]}'


@pytest.mark.parametrize(
    "limits", ["[]", "1", '{"per_minute": "9"}', '{"per_minute": -1}', '{"sessions": true}', '{"more": 1}']
)
def test_limits_are_whole_numbers(tmp_path: Path, limits: str) -> None:
    path = tmp_path / "tokens.json"
    path.write_text(ONE.replace("LIMITS", limits))
    path.chmod(0o600)
    with pytest.raises(TokenError, match="damaged"):
        load(path)


def test_a_file_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    path.write_text(ONE.replace("LIMITS", '{"per_minute": 5, "sessions": 1, "upload": 10}'))
    path.chmod(0o600)
    (token,) = load(path).tokens
    assert token.limits == TokenLimits(5, 1, 10) and token.limits.most(Quota.VIEWERS) == TokenLimits().viewers
    assert [TokenLimits(1, 2, 3, 4, 5, 6).most(what) for what in Quota] == [2, 4, 5, 6]


def test_a_token_is_found_by_its_id_while_it_holds() -> None:
    tokens, token, _ = issued(Scope.VIEW)
    assert tokens.find(token.id, NOW) == token
    assert tokens.find(token.id, NOW + HOUR) is None and tokens.find("other", NOW) is None
