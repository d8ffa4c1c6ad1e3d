"""`understudy token` as an operator uses it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from engines.errors import UnderstudyError
from tools.http.tokens import Refusal, Scope, Token, TokenLimits, load
from tools.trust.token import app

NOW = datetime.now(UTC)


def run(*arguments: object) -> tuple[str, str]:
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    if result.exception is not None:
        raise result.exception
    return result.stdout, result.stderr


def test_made_listed_revoked(tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    secret, told = run("add", "--file", file, "--scope", "view", "--scope", "swap", "--note", "studio", "--sessions", 1)
    assert len(secret.splitlines()) == 1 and "cannot be shown again" in told
    token = load(file).check(f"Bearer {secret.strip()}", Scope.SWAP, NOW)
    assert isinstance(token, Token) and token.limits.sessions == 1 and token.id in told
    listed, _ = run("list", "--file", file)
    assert listed.startswith(f"{token.id}  swap,view  until 20") and listed.rstrip().endswith("studio")
    assert secret.strip() not in listed
    run("revoke", "--file", file, token.id)
    assert load(file).check(f"Bearer {secret.strip()}", Scope.SWAP, NOW) is Refusal.UNKNOWN


def test_for_good(tmp_path: Path) -> None:
    run("add", "--file", tmp_path / "t.json", "--scope", "admin", "--days", 0)
    assert load(tmp_path / "t.json").tokens[0].expires is None
    assert "until revoked" in run("list", "--file", tmp_path / "t.json")[0]


def test_every_limit_can_be_set(tmp_path: Path) -> None:
    file = tmp_path / "t.json"
    words = ("per-minute", 1, "sessions", 2, "upload-mb", 3, "viewers", 4, "rooms", 5, "listeners", 6)
    options = [f"--{word}" if isinstance(word, str) else word for word in words]
    run("add", "--file", file, "--scope", "view", *options)
    assert load(file).tokens[0].limits == TokenLimits(1, 2, 3 << 20, 4, 5, 6)


def test_mistakes(tmp_path: Path) -> None:
    with pytest.raises(UnderstudyError, match="check the path"):
        run("list", "--file", tmp_path / "none.json")
    with pytest.raises(UnderstudyError, match="check the path"):
        run("revoke", "--file", tmp_path / "none.json", "abcd")
    with pytest.raises(SystemExit):
        run("add", "--file", tmp_path / "t.json", "--scope", "root")
