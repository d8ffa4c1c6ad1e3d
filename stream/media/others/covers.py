"""Cover pictures: which of a source's streams are some, and how Matroska keeps them, as attachments.

Knows: FFmpeg's attached pictures. Knows nothing of the pictures' content.
"""

from av.container import OutputContainer
from av.stream import Disposition, Stream

from stream.media.others.containers import codec_of

_KINDS = {"mjpeg": ("jpg", "image/jpeg"), "png": ("png", "image/png"), "gif": ("gif", "image/gif")} | {
    "webp": ("webp", "image/webp"),
    "bmp": ("bmp", "image/bmp"),
}
_ATTACHING, _STORING = "matroska", "mp4"  # other muxers drop covers, or make a second video of them


def is_cover(stream: Stream) -> bool:
    """Whether a stream is a picture that belongs to the file, and no video."""
    return stream.type == "video" and bool(stream.disposition & Disposition.attached_pic)


def attaches(container: str, stream: Stream) -> bool:
    """Whether a container, by FFmpeg's name, keeps the cover as an attachment."""
    return container == _ATTACHING and codec_of(stream) in _KINDS


def stores(container: str) -> bool:
    """Whether a container, by FFmpeg's name, keeps covers as what they are."""
    return container == _STORING


def attach(container: OutputContainer, stream: Stream, picture: bytes) -> None:
    """Adds the cover as an attachment, under the name that it had or the one that players look for."""
    ending, kind = _KINDS[codec_of(stream) or ""]
    name = stream.metadata.get("filename") or f"cover.{ending}"
    container.add_attachment(name, stream.metadata.get("mimetype") or kind, picture)
