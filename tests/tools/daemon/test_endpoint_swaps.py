"""What endpoints' sessions are made with: mistakes that name the endpoint, networks, consent."""

from dataclasses import replace
from pathlib import Path

import pytest

from engines.errors import UnderstudyError
from stream.media.marking import new_payload
from stream.pipeline.pipeline import Pipeline
from stream.telemetry.metrics import Metered, Metrics
from tests.tools.commands import needs_models
from tools.daemon.config import Endpoint
from tools.daemon.endpoint_swaps import open_swaps


def endpoint(source: str, consent: bool = True) -> Endpoint:
    return Endpoint("studio", "a-key-of-the-studio", ("a.ts",), (source,), consent, options={"who": "all"})


def test_what_is_wrong_with_an_endpoint_is_told_with_its_name(face: Path, tmp_path: Path) -> None:
    for wrong in (endpoint(str(tmp_path / "none.png")), endpoint("nobody"), endpoint(str(face), consent=False)):
        with pytest.raises(UnderstudyError, match="endpoint studio: "):
            open_swaps([wrong])


class TestSessions:
    pytestmark = needs_models

    def test_each_session_tells_its_pipeline_and_the_consent_is_kept_for_the_record(self, face: Path) -> None:
        one, two = open_swaps([endpoint(str(face)), replace(endpoint(str(face)), name="hall")])
        assert one.consent is not None and two.consent is not None and one.label and one.marking.manifest
        pipelines = list[Pipeline]()
        for own in (one, two):
            made = own.make(new_payload(own.identity.producer), pipelines.append)
            assert len(pipelines) == (own is two), "not before the session begins"
            made(Metered(Metrics())).close()
        assert len(pipelines) == 2 and pipelines[0].files == pipelines[1].files and pipelines[0].files
