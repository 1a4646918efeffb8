"""The networks: pure functions of tensors, no files, no printing."""

from mangacolor.config import GeneratorConfig
from mangacolor.nn.discriminator import PatchDiscriminator, Verdict
from mangacolor.nn.generator import Generated, UNetGenerator
from mangacolor.nn.pix2pix import Pix2PixGenerator

Generator = UNetGenerator | Pix2PixGenerator

__all__ = [
    "Generated",
    "Generator",
    "PatchDiscriminator",
    "Pix2PixGenerator",
    "UNetGenerator",
    "Verdict",
    "build_generator",
]


def build_generator(config: GeneratorConfig) -> Generator:
    """Build the generator that a config describes, with random weights."""
    return Pix2PixGenerator(config) if config.kind == "pix2pix" else UNetGenerator(config)
