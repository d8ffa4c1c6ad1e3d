"""Imports OpenVINO without its telemetry: `import openvino` sends a usage event to Google Analytics, and writes a
client number into the user's home, wherever the package `openvino_telemetry` can be imported, which comes with it.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

__all__ = ["ov", "without_telemetry"]

_TELEMETRY = "openvino_telemetry"


def without_telemetry() -> ModuleType:
    """OpenVINO. Where it was not imported before, it comes while its telemetry cannot be imported, and takes its own
    stub instead."""
    if "openvino" in sys.modules:
        return sys.modules["openvino"]
    before = sys.modules.get(_TELEMETRY)
    sys.modules[_TELEMETRY] = None  # type: ignore[assignment]  # Python's word for: not to be imported
    try:
        return import_module("openvino")
    finally:
        del sys.modules[_TELEMETRY]
        if before is not None:
            sys.modules[_TELEMETRY] = before


if TYPE_CHECKING:
    import openvino as ov
else:
    ov = without_telemetry()
    """The module `openvino`."""
