"""Reasons for which a face of a frame is flagged, and which of them cannot be judged without what. Words and values."""

from enum import StrEnum


class QaReason(StrEnum):
    CONFIDENCE = "confidence"
    IDENTITY = "identity"
    FLICKER = "flicker"
    SEAM = "seam"
    MISSED = "missed"
    LIGHT = "light"
    MOUTH = "mouth"


WORDS = {
    QaReason.CONFIDENCE: "the face is hardly taken for one",
    QaReason.IDENTITY: "not the source's face",
    QaReason.FLICKER: "flickers",
    QaReason.SEAM: "a visible edge about the painted region",
    QaReason.MISSED: "the original's own face shows",
    QaReason.LIGHT: "the face's brightness jumps",
    QaReason.MOUTH: "the mouth does not move with the original's",
}
BESIDE = (QaReason.MISSED, QaReason.SEAM, QaReason.MOUTH)
"""What only a comparison with the original can tell."""


def left_out(embedder: str, original: bool, report: bool) -> dict[QaReason, str]:
    """Checks that are not made, with the reason. embedder: what brings one, empty where there is one. report: a swap's
    report was given, which tells of missed faces."""
    out: dict[QaReason, str] = {}
    if embedder:
        out[QaReason.IDENTITY] = f"there is no network that tells people apart; {embedder} brings one"
    if not original:
        out |= dict.fromkeys(BESIDE, "only a comparison can tell; give --original")
        if report:
            out[QaReason.MISSED] = "told by the report alone, for want of --original"
    return out
