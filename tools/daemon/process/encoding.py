"""How a job's pieces are encoded: as its output's container wants it, in files that keep all that it keeps."""

import os
from dataclasses import replace

import av

from engines.errors import OutputError
from stream.media.codecs import Encoding, choose_codec, pixel_format, tune
from stream.media.probe import SourceInfo
from stream.media.video.carried import carried, unlike
from stream.media.video.formats import evened, keeps_alpha
from tools.daemon.process.join import container_of


def encoding_of(wanted: Encoding, output: str, pix_fmt: str, alpha: bool = False, hdr: bool = False) -> Encoding:
    """wanted: as the job says. pix_fmt, alpha, hdr: the source's; alpha: it is transparent. The encoding has the
    encoder's name and, as `format`, the pieces' container: MP4, whose clock is exact, wherever that keeps as much as
    the output's own. Raises OutputError where the codec is unknown, does not go into the output, or does not take these
    options."""
    kind = container_of(output)
    with av.open(os.devnull, "w", format=kind) as trial:
        codec = choose_codec(trial, wanted.codec, pix_fmt, alpha, hdr)
    tune(codec, wanted)
    own = (alpha and keeps_alpha(codec, kind)) or not _goes_into_mp4(codec, pix_fmt)
    return replace(wanted, codec=codec, format=kind if own else "mp4")


def lost_in(output: str, info: SourceInfo, codec: str) -> tuple[str, ...]:
    """What an output does not keep of its source's picture, one sentence each. codec: the encoder's name."""
    kind = container_of(output)
    alpha = info.transparent and keeps_alpha(codec, kind)
    chosen = pixel_format(codec, info.pix_fmt, *evened(codec, info.pix_fmt, info.width, info.height), alpha)
    return (*unlike(info, codec, chosen), *carried(info, kind, codec, chosen, {}).notes)


def _goes_into_mp4(codec: str, pix_fmt: str) -> bool:
    with av.open(os.devnull, "w", format="mp4") as trial:
        try:
            choose_codec(trial, codec, pix_fmt)
        except OutputError:
            return False
    return True
