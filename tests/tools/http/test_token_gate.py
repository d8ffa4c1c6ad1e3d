"""Who may pass: without tokens, with the right one or the wrong, too often, too many at once, after it was revoked."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tools.http.token_gate import AccessDenied, TokenGate
from tools.http.tokens import Quota, Scope, TokenError, TokenLimits, Tokens, save

NOW = datetime(2026, 11, 21, tzinfo=UTC)


class Time:
    """Both clocks."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def clock(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)


@pytest.fixture
def time() -> Time:
    return Time()


def made(path: Path, *scopes: Scope, limits: TokenLimits | None = None, days: float | None = None) -> str:
    """Writes a file with one token and gives the header that shows it."""
    until = NOW + timedelta(days=days) if days is not None else None
    tokens, _, secret = Tokens().issued(scopes, until, limits)
    save(tokens, path)
    return f"Bearer {secret}"


def refused(gate: TokenGate, header: str | None, scope: Scope = Scope.SWAP) -> tuple[int, int | None]:
    with pytest.raises(AccessDenied) as told:
        gate.authorize(header, scope)
    return told.value.status, told.value.retry


def test_without_a_file_everybody_on_the_machine_may() -> None:
    gate = TokenGate(None)
    assert not gate.needed
    assert gate.authorize(None, Scope.ADMIN).who == ""


def test_the_right_token_opens_what_it_is_for(tmp_path: Path, time: Time) -> None:
    header = made(tmp_path / "t.json", Scope.VIEW, Scope.SWAP)
    gate = TokenGate(tmp_path / "t.json", time.clock, time.now)
    assert gate.needed
    grant = gate.authorize(header, Scope.SWAP)
    assert len(grant.who) == 8 and grant.who in header and grant.limits == TokenLimits()
    assert refused(gate, header, Scope.UPLOAD) == (403, None)


@pytest.mark.parametrize("header", ["Bearer " + "é" * 50, "Bearer \udcc3\udca9", "Bearer \ud800", "x 鍵"])
def test_what_cannot_be_a_token_is_malformed(tmp_path: Path, time: Time, header: str) -> None:
    made(tmp_path / "t.json", Scope.ADMIN)
    assert refused(TokenGate(tmp_path / "t.json", time.clock, time.now), header) == (400, None)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer x", "Basic eDp5", "Bearer " + "e" * 50])
def test_the_wrong_one_opens_nothing(tmp_path: Path, time: Time, header: str | None) -> None:
    made(tmp_path / "t.json", Scope.ADMIN)
    assert refused(TokenGate(tmp_path / "t.json", time.clock, time.now), header) == (401, None)


def test_a_token_ends(tmp_path: Path, time: Time) -> None:
    header = made(tmp_path / "t.json", Scope.ADMIN, days=1)
    gate = TokenGate(tmp_path / "t.json", time.clock, time.now)
    time.seconds = 86_399
    gate.authorize(header, Scope.VIEW)
    time.seconds = 86_400
    assert refused(gate, header, Scope.VIEW) == (401, None)


def test_each_token_has_its_own_pace(tmp_path: Path, time: Time) -> None:
    header = made(tmp_path / "t.json", Scope.VIEW, limits=TokenLimits(per_minute=3))
    gate = TokenGate(tmp_path / "t.json", time.clock, time.now)
    for _ in range(3):
        gate.authorize(header, Scope.VIEW)
    assert refused(gate, header, Scope.VIEW) == (429, 21)
    time.seconds += 20
    gate.authorize(header, Scope.VIEW)
    assert refused(gate, header, Scope.VIEW)[0] == 429


def test_each_token_has_its_own_sessions(tmp_path: Path, time: Time) -> None:
    header = made(tmp_path / "t.json", Scope.SWAP, limits=TokenLimits(sessions=2))
    gate = TokenGate(tmp_path / "t.json", time.clock, time.now)
    grant = gate.authorize(header, Scope.SWAP)
    with gate.hold(grant, Quota.SESSIONS), gate.hold(grant, Quota.SESSIONS):
        with pytest.raises(AccessDenied, match="2 sessions already") as told, gate.hold(grant, Quota.SESSIONS):
            pass
        assert told.value.status == 503
    with gate.hold(grant, Quota.SESSIONS):
        pass


def test_what_is_held_is_counted_by_its_kind_and_its_token(tmp_path: Path, time: Time) -> None:
    header = made(tmp_path / "t.json", Scope.VIEW, limits=TokenLimits(viewers=1, rooms=0))
    gate = TokenGate(tmp_path / "t.json", time.clock, time.now)
    grant = gate.authorize(header, Scope.VIEW)
    with gate.hold(grant, Quota.VIEWERS), gate.hold(grant, Quota.LISTENERS):
        with pytest.raises(AccessDenied, match="1 viewers already"), gate.hold(grant, Quota.VIEWERS):
            pass
        with pytest.raises(AccessDenied, match="0 rooms already"), gate.hold(grant, Quota.ROOMS):
            pass
    with gate.hold(grant, Quota.VIEWERS):
        pass


def test_what_lasts_is_asked_again_whether_its_token_stands(tmp_path: Path, time: Time) -> None:
    path = tmp_path / "t.json"
    header = made(path, Scope.VIEW, days=1)
    gate = TokenGate(path, time.clock, time.now)
    grant = gate.authorize(header, Scope.VIEW)
    assert gate.stands(grant)
    time.seconds = 86_400
    assert not gate.stands(grant), "it has ended"
    time.seconds = 0
    assert gate.stands(grant)
    made(path, Scope.VIEW)
    assert not gate.stands(grant), "it was revoked"
    assert TokenGate(None).stands(TokenGate(None).authorize(None, Scope.ADMIN))


def test_a_session_that_fails_is_over(tmp_path: Path, time: Time) -> None:
    header = made(tmp_path / "t.json", Scope.SWAP, limits=TokenLimits(sessions=1))
    gate = TokenGate(tmp_path / "t.json", time.clock, time.now)
    grant = gate.authorize(header, Scope.SWAP)
    with pytest.raises(ZeroDivisionError), gate.hold(grant, Quota.SESSIONS):
        raise ZeroDivisionError
    with gate.hold(grant, Quota.SESSIONS):
        pass


def test_a_revoked_token_ends_at_once(tmp_path: Path, time: Time) -> None:
    path = tmp_path / "t.json"
    header = made(path, Scope.SWAP)
    gate = TokenGate(path, time.clock, time.now)
    gate.authorize(header, Scope.SWAP)
    other = made(path, Scope.SWAP)
    assert refused(gate, header) == (401, None)
    gate.authorize(other, Scope.SWAP)


def test_a_file_that_goes_opens_to_nobody_and_may_come_back(tmp_path: Path, time: Time) -> None:
    path = tmp_path / "t.json"
    header = made(path, Scope.SWAP)
    gate = TokenGate(path, time.clock, time.now)
    path.rename(tmp_path / "away")
    assert refused(gate, header) == (401, None)
    (tmp_path / "away").rename(path)
    gate.authorize(header, Scope.SWAP)
    path.write_text("nonsense")
    assert refused(gate, header) == (401, None)


def test_a_file_that_others_may_read_opens_to_nobody(tmp_path: Path, time: Time) -> None:
    path = tmp_path / "t.json"
    header = made(path, Scope.SWAP)
    gate = TokenGate(path, time.clock, time.now)
    gate.authorize(header, Scope.SWAP)
    path.chmod(0o644)
    assert refused(gate, header) == (401, None)
    path.chmod(0o600)
    gate.authorize(header, Scope.SWAP)


def test_a_server_does_not_begin_without_a_token(tmp_path: Path) -> None:
    with pytest.raises(TokenError, match="cannot be read"):
        TokenGate(tmp_path / "none.json")
    save(Tokens(), tmp_path / "t.json")
    with pytest.raises(TokenError, match="holds no token; make one with"):
        TokenGate(tmp_path / "t.json")
