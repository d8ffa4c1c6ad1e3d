"""The one place that puts our parts into aiortc, which has no argument for them. Call it before any peer connection."""

import sys

import aiortc.rtcrtpreceiver
import aiortc.rtcrtpsender

from stream.webrtc.encoder import make_decoder, make_encoder
from stream.webrtc.jitter import buffer

SWITCH = 0.0005  # seconds; Python's 5 ms between threads is a sixth of a frame


def install() -> None:
    """May be called more than once."""
    sys.setswitchinterval(SWITCH)
    for module, name, part in (
        (aiortc.rtcrtpreceiver, "JitterBuffer", buffer),
        (aiortc.rtcrtpreceiver, "get_decoder", make_decoder),
        (aiortc.rtcrtpsender, "get_encoder", make_encoder),
    ):
        setattr(module, name, part)
