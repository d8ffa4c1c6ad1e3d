"""Alpha: decoding the transparency that WebM and Matroska keep beside VP8 and VP9, and whether a frame has any.

Knows libvpx's decoders: FFmpeg's own pass the transparency over.
"""

import av
import numpy as np

from stream.media.video.formats import has_alpha

_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
_TAGS = ("alpha_mode", "ALPHA_MODE")  # the latter of files that FFmpeg copied


def decoder_of(stream: av.VideoStream, threads: int) -> av.VideoCodecContext | None:
    """The decoder that reads a stream's transparency, where the stream's own would not; None elsewhere."""
    name = _DECODERS.get(stream.codec_context.name)
    if name is None or "1" not in (stream.metadata.get(tag) for tag in _TAGS):
        return None
    decoder = av.VideoCodecContext.create(name, "r")
    decoder.extradata = stream.codec_context.extradata
    decoder.thread_count = threads
    assert isinstance(decoder, av.VideoCodecContext)
    return decoder


def transparent(frame: av.VideoFrame, always: bool) -> bool:
    """Whether there is transparency to be kept: the frame has an alpha channel, and something in it is not opaque.
    always: a channel is enough, for videos, whose first frame may be opaque."""
    if not has_alpha(frame.format.name):
        return False
    if always:
        return True
    return bool((np.asarray(frame.to_ndarray(format="rgba"), np.uint8)[..., 3] < 255).any())
