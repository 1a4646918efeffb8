"""What a run starts from: its network, with what is known before training, and its teacher."""

from __future__ import annotations

import dataclasses

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from mangacolor.config import GeneratorConfig, NetworkConfig, Recipe, TrainConfig
from mangacolor.errors import ModelFileError, UsageError
from mangacolor.models.nn import Generated, Network, UNetGenerator, build_network
from mangacolor.models.weight_files import find_weights
from mangacolor.models.weights import Weights, load_weights, read_recognition
from mangacolor.training.learning_layers import let_learn
from mangacolor.training.objectives import Teacher
from mangacolor.training.options import RunOptions


def keeping_labels(config: Recipe, known: NetworkConfig) -> Recipe:
    """Return a config that keeps the labels of weights of a shape, unless it asks for labels itself.

    Whoever colours needs them, so that a preset, which names none, does not take them off.
    """
    if not isinstance(config, TrainConfig) or not isinstance(known, GeneratorConfig) or config.generator.labels:
        return config
    generator = dataclasses.replace(
        config.generator, labels=known.labels, deep_labels=known.deep_labels, label_blocks=known.label_blocks
    )
    return dataclasses.replace(config, generator=generator)


def start_network(config: Recipe, options: RunOptions) -> Network:
    """Build the network, give it what is known before training, and freeze what does not learn.

    Raises:
        UsageError: The weights to start from have another shape, or nothing learns.
        ModelFileError: They are missing or damaged.
    """
    network = _known_network(config, options).train()
    if isinstance(config, TrainConfig) and config.learns:
        let_learn(network, config.learns)
        if not any(parameter.requires_grad for parameter in network.parameters()):
            raise UsageError(
                f"`learns` names no weights of the network: {', '.join(config.learns)}.",
                advice="Give beginnings of their names, such as `deep_label`.",
            )
    return network


def _known_network(config: Recipe, options: RunOptions) -> Network:
    torch.manual_seed(config.seed)
    if options.init is not None:
        return _taken_over(load_weights(options.init), config.network)
    network = build_network(config.network)
    if isinstance(network, UNetGenerator) and network.config.semantics:
        source = options.semantics or find_weights()
        try:
            recognition = read_recognition(source)
            network.semantics.load_state_dict(recognition.semantics)
            if recognition.likeness is not None:
                network.likeness.load_state_dict(recognition.likeness)
        except RuntimeError as error:
            raise ModelFileError(f"{source}: not the EfficientNet-Lite0 that the generator expects.") from error
    return network


def find_teacher(config: Recipe, options: RunOptions, fabric: Fabric) -> Teacher | None:
    """Return the generator whose colours the run keeps, if its recipe asks for that.

    Raises:
        UsageError: Recipe and options disagree on whether there is one, or it gives no chances of colours.
    """
    is_wanted = isinstance(config, TrainConfig) and config.loss.kept_colours > 0
    if is_wanted != (options.teacher is not None):
        raise UsageError(
            "`loss.kept_colours` and --teacher belong together.",
            advice="Set both, to keep the colours of known weights, or neither.",
        )
    if options.teacher is None:
        return None
    network = load_weights(options.teacher).network
    if not isinstance(network, UNetGenerator) or not network.config.chroma_head:
        raise UsageError(
            f"{options.teacher}: gives no chances of colours.", advice="Choose weights with a chroma head."
        )
    return teacher_of(network, fabric)


def teacher_of(network: nn.Module, fabric: Fabric) -> Teacher:
    """Return what a generator says, which learns no more; it moves to the device of a run."""
    network = network.eval().requires_grad_(False).to(fabric.device).to(memory_format=torch.channels_last)

    def tell(condition: Tensor) -> Generated:
        with torch.no_grad(), fabric.autocast():
            generated: Generated = network(condition)
            return generated

    return tell


def _taken_over(weights: Weights, wanted: NetworkConfig) -> Network:
    """Return the network of weights, with the labels that are wanted, and deeper if that is wanted.

    New residual blocks change nothing at first.

    Raises:
        UsageError: It has another shape.
    """
    known = weights.config
    if isinstance(known, GeneratorConfig) and isinstance(wanted, GeneratorConfig):
        known = dataclasses.replace(
            known, labels=wanted.labels, deep_labels=wanted.deep_labels, label_blocks=wanted.label_blocks,
            blocks=tuple(max(pair) for pair in zip(known.blocks, wanted.blocks, strict=False)),
        )  # fmt: skip
    if known != wanted:
        raise UsageError(
            f"{weights.path}: its network has another shape than the recipe's.",
            advice="Use the preset and recipe those weights were trained with.",
        )
    if weights.config == wanted:
        return weights.network
    network = build_network(wanted)  # what is new in the head of the labels starts from nothing
    network.load_state_dict(_relabelled(weights, network.state_dict(), wanted), strict=False)
    return network


def _relabelled(weights: Weights, new: dict[str, Tensor], wanted: NetworkConfig) -> dict[str, Tensor]:
    """Return the parameters of weights, the head of the labels in the order wanted; new ones are as in `new`."""
    state = weights.network.state_dict()
    known, labels = (
        config.plain_labels if isinstance(config, GeneratorConfig) else () for config in (weights.config, wanted)
    )
    for name in ("label.weight", "label.bias"):
        if name in state and name in new:
            rows = new[name].clone()
            for row, label in enumerate(labels):
                if label in known:
                    rows[row] = state[name][known.index(label)]
            state[name] = rows
    return state
