"""The networks: pure functions of tensors, no files, no printing."""

from mangacolor.config import NetworkConfig, SeparatorConfig
from mangacolor.models.nn.discriminator import PatchDiscriminator, Verdict
from mangacolor.models.nn.generator import Generated, UNetGenerator
from mangacolor.models.nn.pix2pix import Pix2PixGenerator
from mangacolor.models.nn.separator import Separated, Separator

Generator = UNetGenerator | Pix2PixGenerator
Network = Generator | Separator

__all__ = [
    "Generated",
    "Generator",
    "Network",
    "PatchDiscriminator",
    "Pix2PixGenerator",
    "Separated",
    "Separator",
    "UNetGenerator",
    "Verdict",
    "build_network",
]


def build_network(config: NetworkConfig) -> Network:
    """Build the network that a config describes, with random weights."""
    if isinstance(config, SeparatorConfig):
        return Separator(config)
    return Pix2PixGenerator(config) if config.kind == "pix2pix" else UNetGenerator(config)
