"""The one place that puts our parts into aiortc, which has no argument for them. Call it before any peer connection."""

import sys
from functools import partial

import aiortc.rtcrtpreceiver as receiver
import aiortc.rtcrtpsender as sender

from stream.webrtc.encoder import Observer, make_decoder, make_encoder
from stream.webrtc.jitter import buffer

SWITCH = 0.0005  # seconds; Python's 5 ms between threads is a sixth of a frame
_USUAL = vars(receiver)["JitterBuffer"]


def quick(seconds: float = SWITCH) -> None:
    """How soon another Python thread of this process gets its turn."""
    sys.setswitchinterval(seconds)


def install(observer: Observer | None = None) -> None:
    """May be called more than once. observer: of the connections made from now on; a call without one leaves an
    earlier one in place, as the server of this process and a client in it share these parts."""
    quick()
    if observer is None and vars(receiver)["JitterBuffer"] is not _USUAL:
        return
    for module, name, part in (
        (receiver, "JitterBuffer", buffer if observer is None else partial(buffer, lost=observer.lost)),
        (receiver, "get_decoder", partial(make_decoder, observer=observer)),
        (sender, "get_encoder", partial(make_encoder, observer=observer)),
    ):
        setattr(module, name, part)
