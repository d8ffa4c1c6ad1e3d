"""A record as a job of forty frames leaves it."""

from datetime import UTC, datetime

from stream.consent.consent import ConsentedSource, require_consent
from stream.marks.happened import UsedModel, WhatHappened
from stream.marks.manifest import Manifest
from tests.stream.marks.clips import PAYLOAD

NOW = datetime(2026, 11, 21, 8, 5, tzinfo=UTC)
HAPPENED = WhatHappened(NOW, 40, 37, routes={"pass": 3, "fast": 37}, models=(UsedModel("face_landmark", "ab" * 32),))
CONSENT = require_consent([ConsentedSource("a.jpg", "cd" * 32)], True, False, lambda _: False, NOW)
MANIFEST = Manifest("marked.mp4", "0.1.0", HAPPENED, PAYLOAD, CONSENT)
