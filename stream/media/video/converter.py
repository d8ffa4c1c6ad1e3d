"""Converter: frames as an encoder takes them: in its pixel format and matrix, of even size, turned where its container
cannot say how. Knows colour tags; a frame that needs nothing passes as it is.
"""

import av
from av import VideoCodecContext

from stream.media.probe import SourceInfo
from stream.media.turning import Turner
from stream.media.video.even import evened_frame
from stream.media.video.formats import evened, is_rgb
from stream.pixels.colour import BT601, FULL, matrix_of


class Converter:
    """For the frames of one output. turned: whether samples are turned, and not only said to be. Sets the encoder's
    size and colour tags: the source's own wherever they still hold."""

    def __init__(
        self, info: SourceInfo, codec: str, pixel_format: str, turned: bool, context: VideoCodecContext
    ) -> None:
        self._format = pixel_format
        across = info.rotation % 180 != 0 and not turned  # the stored picture lies on its side
        plain = (info.height, info.width) if across else (info.width, info.height)
        self._evened = evened(codec, info.pix_fmt, *plain) != plain
        context.width, context.height = evened(codec, info.pix_fmt, *plain)
        context.pix_fmt = pixel_format
        if info.aspect is not None:
            context.sample_aspect_ratio = 1 / info.aspect if turned and info.rotation % 180 else info.aspect
        tags = info.colour
        context.color_primaries, context.color_trc = tags.primaries, tags.transfer
        full = tags.range == FULL or info.pix_fmt.startswith("yuvj")
        context.colorspace, context.color_range = tags.space, FULL if full else tags.range
        if is_rgb(info.pix_fmt) and not is_rgb(pixel_format):
            context.colorspace, context.color_range = matrix_of(2, info.width, info.height), 1
        self._space, self._range = context.colorspace, context.color_range
        self._turner = Turner(info.rotation, info.mirrored) if turned else None

    def __call__(self, image: av.VideoFrame) -> av.VideoFrame:
        if self._evened:
            image = evened_frame(image)
        if image.format.name != self._format:
            rgb = image.format.is_rgb
            full = FULL if rgb or image.color_range == FULL or image.format.name.startswith("yuvj") else 1
            space = BT601 if rgb else matrix_of(image.colorspace, image.width, image.height)
            image = image.reformat(
                format=self._format,
                src_colorspace=space,
                dst_colorspace=matrix_of(self._space, image.width, image.height),
                src_color_range=full,
                dst_color_range=self._range or 1,
            )
            image.pict_type = 0
        return self._turner.turn(image) if self._turner is not None else image
