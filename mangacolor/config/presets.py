"""Named training configs."""

from __future__ import annotations

from mangacolor.config.networks import DiscriminatorConfig, GeneratorConfig
from mangacolor.config.training import LossConfig, Phase, Recipe, SeparatorTrainConfig, TrainConfig

PRESETS: dict[str, Recipe] = {
    "default": TrainConfig(
        generator=GeneratorConfig(
            stem_stride=4, channels=(48, 96, 192, 384), blocks=(1, 1, 2), trained_semantics=True, panel_px=400,
        ),
        loss=LossConfig(reduction=2),
        phases=(Phase(0.35, 160, 16), Phase(0.75, 192, 16), Phase(1.0, 256, 12)),
    ),
    "pix2pix": TrainConfig(
        generator=GeneratorConfig(
            kind="pix2pix",
            channels=(64, 128, 256, 512, 512, 512, 512, 512),
            blocks=(),
            bottom_blocks=0,
            attention_heads=0,
            semantics=False,
            chroma_head=False,
            dropout=0.5,
        ),
        discriminator=DiscriminatorConfig(channels=(64, 128, 256, 512), normalization="batch"),
        loss=LossConfig(
            adversarial_kind="vanilla",
            adversarial=1.0,
            adversarial_start=0.0,
            feature_matching=0.0,
            oklab=0.0,
            rgb=200.0,  # the paper's 100 for pages in [-1, 1]: ours lie in [0, 1], where L1 is half as large
            chroma_classes=0.0,
        ),
        phases=(Phase(1.0, 256, 4),),  # the paper: one picture a step
        generator_learning_rate=2e-4,
        betas=(0.5, 0.999),
        weight_decay=0.0,
        warmup_images=0,
        final_learning_rate=0.0,
        schedule="linear_tail",
        max_gradient_norm=float("inf"),
    ),
    "separator": SeparatorTrainConfig(),
    "tiny": TrainConfig(
        generator=GeneratorConfig(
            channels=(8, 12, 16, 24, 32), blocks=(1, 1, 1, 1), bottom_blocks=1, attention_heads=2,
            semantics=False,
        ),
        discriminator=DiscriminatorConfig(channels=(8, 12, 16, 16)),
        phases=(Phase(1.0, 64, 4),),
        warmup_images=40,
        ema_half_life_images=100,
    ),
}  # fmt: skip
"""Named training configs: `default` is ours, `pix2pix` the paper's (its networks and losses; L1 of pages in
[0, 1] has twice its weight, so that it counts as much, and a step has four pictures, not one), `separator` takes
screentone off pages, `tiny` trains in seconds for tests and lessons."""
