"""The settings under which c2pa's library reads and signs here: no file makes it ask the network for anything.

Without them it fetches a manifest from whatever address an input's XMP names (`dcterms:provenance`), and asks the
certificate's OCSP service. Timestamps are asked for by the signer alone, where one was configured.
"""

from typing import Any

import c2pa  # type: ignore[import-untyped]


def offline_context(anchors: bytes = b"") -> c2pa.Context:
    """A context to be closed by the caller. anchors: PEM of the roots to trust; without any, no signer is trusted."""
    settings: dict[str, Any] = {
        "verify": {"verify_trust": bool(anchors), "remote_manifest_fetch": False, "ocsp_fetch": False},
        "core": {"allowed_network_hosts": []},
    }
    if anchors:
        settings["trust"] = {"trust_anchors": anchors.decode()}
    return c2pa.Context(c2pa.Settings.from_dict(settings))
