"""SAM3 and SAM2 as people's masks, where their packages and a checkpoint of the user's are present.

Their own calls, as published (facebookresearch/sam3: `build_sam3_image_model`, `Sam3Processor`; facebookresearch/sam2:
`build_sam2`, `SAM2ImagePredictor`). Neither package is part of this project's environment, so no test has run them.
Nothing is fetched: without a checkpoint on this machine they are not used.
"""

from collections.abc import Sequence
from importlib.util import find_spec

import numpy as np

from engines.errors import ModelError
from engines.mesh.topology import OVAL
from engines.values import F32, U8
from tools.relight.settings import PersonMethod, SegmentationSettings


def installed(method: PersonMethod) -> bool:
    """Whether the package of SAM3 or SAM2 is here."""
    return find_spec(method.value) is not None


class Sam3:
    """One thread's SAM3: every mask that its prompt finds, as one."""

    def __init__(self, settings: SegmentationSettings) -> None:
        """Raises ModelError where the checkpoint does not fit."""
        from sam3.model.sam3_image_processor import Sam3Processor
        from sam3.model_builder import build_sam3_image_model

        self._prompt = settings.prompt
        try:
            model = build_sam3_image_model(
                checkpoint_path=settings.sam3_checkpoint, load_from_HF=False, device=settings.device
            )
            self._processor = Sam3Processor(model, device=settings.device)
        except (OSError, RuntimeError, KeyError) as error:
            raise ModelError(f"SAM3 cannot be opened from {settings.sam3_checkpoint}: {error}") from error

    def person(self, rgb: U8, _: Sequence[F32]) -> F32:
        """float32 (h, w), 0 or 1. rgb: uint8 (h, w, 3)."""
        from PIL import Image

        # an array's size SAM3 takes from its last two axes, which here are not height and width
        state = self._processor.set_image(Image.fromarray(rgb))
        masks = self._processor.set_text_prompt(prompt=self._prompt, state=state)["masks"]
        found = np.asarray(masks.float().cpu().numpy(), np.float32).reshape(-1, *rgb.shape[:2])
        return np.asarray(found.max(0) if len(found) else np.zeros(rgb.shape[:2]), np.float32)


class Sam2:
    """One thread's SAM2, asked for what each face belongs to: it knows no words."""

    def __init__(self, settings: SegmentationSettings) -> None:
        """Raises ModelError where the checkpoint does not fit."""
        from sam2.build_sam import build_sam2
        from sam2.sam2_image_predictor import SAM2ImagePredictor

        try:
            model = build_sam2(settings.sam2_config, settings.sam2_checkpoint, device=settings.device)
        except (OSError, RuntimeError, KeyError) as error:
            raise ModelError(f"SAM2 cannot be opened from {settings.sam2_checkpoint}: {error}") from error
        self._predictor = SAM2ImagePredictor(model)

    def person(self, rgb: U8, meshes: Sequence[F32]) -> F32:
        """float32 (h, w), 0 or 1. rgb: uint8 (h, w, 3). meshes: (468, 3) each, its pixels."""
        self._predictor.set_image(rgb)
        out = np.zeros(rgb.shape[:2], np.float32)
        for mesh in meshes:
            points, box = prompts(mesh, rgb.shape[1], rgb.shape[0])
            masks, _, _ = self._predictor.predict(
                point_coords=points, point_labels=np.ones(len(points), np.int32), box=box, multimask_output=False
            )
            out = np.maximum(out, masks[0])
        return out


def prompts(mesh: F32, width: int, height: int) -> tuple[F32, F32]:
    """Points on a person (n, 2), on the face and below it, and a box x0 y0 x1 y1 around all that may be theirs."""
    oval, chin = mesh[OVAL, :2], mesh[152, :2]
    middle, tall = oval.mean(0), float(np.ptp(oval[:, 1]))
    across = float(np.ptp(oval[:, 0]))
    points = np.array([middle, mesh[10, :2] * 0.8 + middle * 0.2, (chin[0], chin[1] + 0.7 * tall)], np.float32)
    points[:, 0], points[:, 1] = np.clip(points[:, 0], 0, width - 1), np.clip(points[:, 1], 0, height - 1)
    x0, x1 = max(0.0, middle[0] - 2.5 * across), min(width - 1.0, middle[0] + 2.5 * across)
    y0 = max(0.0, float(oval[:, 1].min()) - 0.6 * tall)
    return points, np.array([x0, y0, x1, height - 1.0], np.float32)
