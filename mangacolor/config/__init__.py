"""Every setting of the networks, the losses, the data and the runs, with its default, unit and reason.

A preset is one `TrainConfig`, or one `SeparatorTrainConfig`. Configs are plain frozen dataclasses: they travel as JSON
inside weights and checkpoints, and as TOML in the recipes people write.
"""

from typing import Literal

from mangacolor.config.networks import (
    CONDITION_CHANNELS,
    LABELS,
    DiscriminatorConfig,
    GeneratorConfig,
    NetworkConfig,
    SeparatorConfig,
)
from mangacolor.config.presets import PRESETS
from mangacolor.config.training import (
    AdversarialKind,
    LoopConfig,
    LossConfig,
    Phase,
    Recipe,
    SeparatorTrainConfig,
    SynthesisConfig,
    TrainConfig,
)

Precision = Literal["auto", "fp32", "bf16", "fp16"]

__all__ = [
    "CONDITION_CHANNELS",
    "LABELS",
    "PRESETS",
    "AdversarialKind",
    "DiscriminatorConfig",
    "GeneratorConfig",
    "LoopConfig",
    "LossConfig",
    "NetworkConfig",
    "Phase",
    "Precision",
    "Recipe",
    "SeparatorConfig",
    "SeparatorTrainConfig",
    "SynthesisConfig",
    "TrainConfig",
]
