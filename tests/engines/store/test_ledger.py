"""The store's memory: what it keeps, what it says of a damaged file."""

import json
from pathlib import Path

from engines.store.ledger import Ledger, LedgerEntry


def test_the_ledger_keeps_what_it_is_told(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "new" / "store.json")
    ledger.update("a", sha256="1", size=3)
    ledger.update("a", accepted="2026-01-01")
    ledger.update("b", like="x")
    assert ledger.entries() == {"a": LedgerEntry("1", 3, accepted="2026-01-01"), "b": LedgerEntry(like="x")}
    ledger.forget("a")
    ledger.forget("a")
    assert list(json.loads(ledger.path.read_text())) == ["b"]
