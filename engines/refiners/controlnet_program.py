"""Stable Diffusion inpainting, led by depth and normals through two ControlNets, as a program: a picture and its maps
in, the picture repainted under the mask out. Runs where diffusers is; takes local folders of safetensors alone.
"""

import argparse
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """--base, --depth, --normal: folders as `save_pretrained` writes them."""
    words = argparse.ArgumentParser(description=__doc__)
    for name in ("--base", "--depth", "--normal"):
        words.add_argument(name, required=True)
    words.add_argument("--device", default="")
    given = words.parse_args()
    sys.path[0] = str(Path(__file__).resolve().parents[2])  # in place of this folder
    from engines.refiners.wire import Answer, serve

    def prepare() -> Answer:
        pipe = load(given.base, given.depth, given.normal, given.device)
        return lambda note, arrays: {"image": repaint(pipe, note, arrays)}

    serve(prepare)


def load(base: str, depth: str, normal: str, device: str = "") -> Any:
    """The pipeline with both ControlNets, half precision on a GPU. Nothing is downloaded, nothing unpickled."""
    import torch
    from diffusers import (  # type: ignore[import-not-found,unused-ignore]
        ControlNetModel,
        MultiControlNetModel,
        StableDiffusionControlNetInpaintPipeline,
    )

    where = device or ("cuda" if torch.cuda.is_available() else "cpu")
    local = {
        "local_files_only": True,
        "use_safetensors": True,
        "torch_dtype": torch.float16 if where.startswith("cuda") else torch.float32,
    }
    nets = [ControlNetModel.from_pretrained(folder, **local) for folder in (depth, normal)]
    # the checker blacks out whole pictures, of faces too; what is made here is marked, and the original stays beneath
    pipe = StableDiffusionControlNetInpaintPipeline.from_pretrained(
        base, controlnet=MultiControlNetModel(nets), safety_checker=None, requires_safety_checker=False, **local
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe.to(where)


def repaint(pipe: Any, note: dict[str, Any], arrays: dict[str, Any]) -> Any:
    """uint8 (s, s, 3). arrays: image uint8 (s, s, 3) RGB; mask uint8 (s, s), 255 where it may change; depth, normal
    uint8 (s, s, 3). The same seed gives the same picture, which keeps a clip from flickering."""
    import numpy as np
    import torch
    from PIL import Image

    image, mask, depth, normal = (Image.fromarray(np.array(arrays[n])) for n in ("image", "mask", "depth", "normal"))
    scale = float(note.get("scale", 0.8))
    with torch.inference_mode():
        out = pipe(
            prompt=str(note.get("prompt", "")),
            negative_prompt=str(note.get("negative", "")),
            image=image,
            mask_image=mask,
            control_image=[depth, normal],
            height=image.height,
            width=image.width,
            strength=float(note.get("strength", 0.2)),
            num_inference_steps=int(note.get("steps", 20)),
            guidance_scale=float(note.get("guidance", 7.5)),
            controlnet_conditioning_scale=[scale, scale],
            generator=torch.Generator("cpu").manual_seed(int(note.get("seed", 0))),
            output_type="np",
        )
    return np.ascontiguousarray(np.clip(out.images[0] * 255 + 0.5, 0, 255).astype(np.uint8))


if __name__ == "__main__":
    main()
