"""HLS playlists with the parts that belong to them, and such as name what does not."""

from pathlib import Path

import av

from tests.stream.marks.clips import clip, pictures


def playlist(folder: Path, count: int = 40) -> Path:
    """`live.m3u8` and its parts, of `count` marked pictures; `secret.ts` in the folder above."""
    folder.mkdir(parents=True)
    source = clip(folder.parent / "source.mp4", pictures(count=count))
    options = {"hls_time": "0.5", "hls_list_size": "0"}
    for path, form in ((folder / "live.m3u8", "hls"), (folder.parent / "secret.ts", "mpegts")):
        with (
            av.open(str(source)) as inside,
            av.open(str(path), "w", format=form, options=options if form == "hls" else {}) as outside,
        ):
            stream = outside.add_stream_from_template(inside.streams.video[0])
            for packet in inside.demux(video=0):
                if packet.dts is not None:
                    packet.stream = stream
                    outside.mux(packet)
    return folder / "live.m3u8"


def naming(path: Path, *parts: str, seconds: float = 1.6, more: str = "") -> Path:
    """A playlist that names those parts."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:2", "#EXT-X-MEDIA-SEQUENCE:0", *more.split("\n")]
    for part in parts:
        lines += [f"#EXTINF:{seconds},", part]
    path.write_text("\n".join([*filter(None, lines), "#EXT-X-ENDLIST", ""]))
    return path
