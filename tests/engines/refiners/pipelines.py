"""Writes a tiny inpainting pipeline of random weights and two ControlNets for it. Run where diffusers is:
`python pipelines.py FOLDER` makes FOLDER/base, FOLDER/depth and FOLDER/normal."""

import json
import sys
from pathlib import Path
from typing import Any


def make(folder: Path) -> None:
    import torch
    from diffusers import (  # type: ignore[import-not-found,unused-ignore]
        AutoencoderKL,
        ControlNetModel,
        DDIMScheduler,
        StableDiffusionInpaintPipeline,
        UNet2DConditionModel,
    )
    from transformers import (  # type: ignore[import-not-found,unused-ignore]
        CLIPTextConfig,
        CLIPTextModel,
        CLIPTokenizer,
    )

    torch.manual_seed(0)
    shape: dict[str, Any] = {"layers_per_block": 1, "in_channels": 4, "cross_attention_dim": 16, "norm_num_groups": 4}
    shape |= {"block_out_channels": (8, 16), "attention_head_dim": 4}
    down = ("DownBlock2D", "CrossAttnDownBlock2D")
    unet = UNet2DConditionModel(
        **shape,
        sample_size=32,
        out_channels=4,
        down_block_types=down,
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
    )
    for name in ("depth", "normal"):
        net = ControlNetModel(**shape, down_block_types=down, conditioning_embedding_out_channels=(8, 8, 8, 16))
        for part in [net.controlnet_mid_block, *net.controlnet_down_blocks]:  # zero at first: then nothing is led
            torch.nn.init.normal_(part.weight, std=0.5)
        torch.nn.init.normal_(net.controlnet_cond_embedding.conv_out.weight, std=0.5)
        net.save_pretrained(folder / name)
    vae = AutoencoderKL(
        block_out_channels=[8] * 4,
        down_block_types=["DownEncoderBlock2D"] * 4,
        up_block_types=["UpDecoderBlock2D"] * 4,
        latent_channels=4,
        norm_num_groups=4,
    )
    text = CLIPTextConfig(
        bos_token_id=0, eos_token_id=1, pad_token_id=1, hidden_size=16, intermediate_size=16, num_attention_heads=2,
        num_hidden_layers=1, vocab_size=200,
    )  # fmt: skip
    words = folder / "words"
    words.mkdir()
    letters = [c + end for c in "abcdefghijklmnopqrstuvwxyz," for end in ("", "</w>")]
    tokens = {t: i for i, t in enumerate(["<|startoftext|>", "<|endoftext|>", *letters])}
    (words / "vocab.json").write_text(json.dumps(tokens))
    (words / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = CLIPTokenizer(str(words / "vocab.json"), str(words / "merges.txt"), model_max_length=77)
    StableDiffusionInpaintPipeline(
        vae=vae, text_encoder=CLIPTextModel(text), tokenizer=tokenizer, unet=unet, scheduler=DDIMScheduler(),
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    ).save_pretrained(folder / "base")  # fmt: skip


if __name__ == "__main__":
    make(Path(sys.argv[1]))
