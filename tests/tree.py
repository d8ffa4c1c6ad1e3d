"""The project as files: its root, its floors, every source file, and `pyproject.toml`."""

import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
FLOORS = {"engines": 0, "calib": 1, "stream": 2, "understudy_video": 3, "tools": 3}  # from the lowest up
DISTRIBUTION = "understudy-video"
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
SOURCES = sorted(p.relative_to(ROOT) for floor in FLOORS for p in (ROOT / floor).rglob("*.py"))
