"""How a job's pieces are encoded: as its output's container wants it, though the pieces are MP4 files."""

import os
from dataclasses import replace

import av

from engines.errors import OutputError
from stream.media.codecs import Encoding, choose_codec, tune
from tools.daemon.process.join import container_of


def encoding_of(wanted: Encoding, output: str, pix_fmt: str, hdr: bool = False) -> Encoding:
    """wanted: as the job says. pix_fmt, hdr: the source's. Raises OutputError where the codec is unknown, does not go
    into the output or into pieces, or does not take these options."""
    with av.open(os.devnull, "w", format=container_of(output)) as trial:
        codec = choose_codec(trial, wanted.codec, pix_fmt, hdr=hdr)
    with av.open(os.devnull, "w", format="mp4") as trial:
        try:
            choose_codec(trial, codec, pix_fmt)
        except OutputError as error:
            raise OutputError(f"the daemon works in MP4 pieces, whatever the output: {error}") from error
    tune(codec, wanted)
    return replace(wanted, codec=codec)
