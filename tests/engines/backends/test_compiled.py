"""Where a model's compiled copy lies: by its name, its precision and what is in it."""

import hashlib
from pathlib import Path

from engines.backends.compiled import installed


def test_a_copy_belongs_to_one_content_one_name_and_one_precision(tmp_path: Path) -> None:
    model = tmp_path / "net.onnx"
    model.write_bytes(b"weights")
    digest = hashlib.sha256(b"weights").hexdigest()
    copy = installed(tmp_path / "compiled", "net", "int8", model)
    assert copy == tmp_path / "compiled" / f"net-int8-{digest[:12]}.onnx"
    assert installed(tmp_path / "compiled", "net", "f16", model) != copy
    model.write_bytes(b"other weights")
    assert installed(tmp_path / "compiled", "net", "int8", model) != copy, "a changed model has no copy"
