"""Who plays in a run: the networks, their optimisers, and how a loss moves them."""

from __future__ import annotations

import contextlib
import copy
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from mangacolor.config import LossConfig, Recipe, TrainConfig
from mangacolor.errors import MangacolorError
from mangacolor.models.nn import PatchDiscriminator
from mangacolor.training import losses
from mangacolor.training.objectives import Game, Play
from mangacolor.training.schedule import parameter_groups, update_average

MOST_SKIPPED_IN_A_ROW = 20
"""Steps whose gradient is no number; more than these in a row are no accident."""


@dataclass(frozen=True)
class Player:
    """A network that learns.

    Attributes:
        network: As it was built, whose state is saved.
        called: As it is called in training: in the run's arithmetic, its gradients joined between processes.
        optimizer: What moves it; each group of its parameters knows its peak learning rate.
    """

    network: nn.Module
    called: Any
    optimizer: Any


class Players:
    """The generator, its average, a discriminator if there is a game, and their optimisers.

    The generator may be any network that learns: for the separator there is nobody to play against. A step is `begin`;
    then for each part of its batch, within `part`, `teach_discriminator` and `teach_generator`; then `average_in`.

    Args:
        config: What the run computes.
        network: The generator, with the weights to start from.
        fabric: Launched device, precision and processes.

    Attributes:
        average: The average that users get.
        joins: Share of the run after which the discriminator plays; infinite if there is none.
    """

    def __init__(self, config: Recipe, network: nn.Module, fabric: Fabric) -> None:
        self._fabric, self._config = fabric, config
        self.average = copy.deepcopy(network).requires_grad_(False).eval().to(fabric.device)
        self._players = {
            "generator": self._start(network, parameter_groups(network, config.peaks), config.weight_decay)
        }
        self.joins = math.inf
        if isinstance(config, TrainConfig) and config.loss.adversarial > 0:
            self.joins = config.loss.adversarial_start
            judge = PatchDiscriminator(config.discriminator)
            groups = parameter_groups(judge, {"": config.discriminator_learning_rate})
            self._players["discriminator"] = self._start(judge, groups, 0.0)
        self._metrics: dict[str, Tensor] = {}
        self._skipped_in_a_row = dict.fromkeys(self._players, 0)
        self._share, self._is_last = 1.0, True

    def _start(self, network: nn.Module, groups: list[dict[str, Any]], weight_decay: float) -> Player:
        optimizer = torch.optim.AdamW(
            groups, betas=self._config.betas, weight_decay=weight_decay, fused=self._scaler is None
        )
        network = network.to(memory_format=torch.channels_last)
        return Player(network, *self._fabric.setup(network, optimizer))

    @property
    def _scaler(self) -> Any:
        """What scales gradients, as fp16 needs it, else None; Fabric cannot clip those of a fused optimiser."""
        return getattr(self._fabric.strategy.precision, "scaler", None)

    @property
    def generator(self) -> Callable[..., Any]:
        """The generator as it is called in training."""
        called: Callable[..., Any] = self._players["generator"].called
        return called

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned. A discriminator that is not asked for is passed over."""
        self.average.load_state_dict(state["average"])
        for name, player in self._players.items():
            player.network.load_state_dict(state[name])
            player.optimizer.load_state_dict(state[f"{name}_optimizer"])
            for group in player.optimizer.param_groups:
                group["fused"] = self._scaler is None  # whatever the arithmetic was before
        if self._scaler is not None and "scaler" in state:  # it was fp16 before, and no earlier version
            self._scaler.load_state_dict(state["scaler"])

    def state(self) -> dict[str, Any]:
        """Return all that `restore` needs."""
        state: dict[str, Any] = {"average": self.average.state_dict()}
        for name, player in self._players.items():
            state |= {name: player.network.state_dict(), f"{name}_optimizer": player.optimizer.state_dict()}
        return state if self._scaler is None else state | {"scaler": self._scaler.state_dict()}

    def begin(self, rate: float) -> None:
        """Begin a step at a share of the peak learning rates."""
        self._metrics = {}
        for player in self._players.values():
            player.optimizer.zero_grad()
            for group in player.optimizer.param_groups:
                group["lr"] = group["peak"] * rate

    @contextlib.contextmanager
    def part(self, share: float, *, is_last: bool) -> Iterator[None]:
        """Hold what a part of the step's batch teaches: gradients add up, and the last part moves the networks.

        Args:
            share: Its share of the batch.
            is_last: No part follows it.
        """
        self._share, self._is_last = share, is_last
        with contextlib.ExitStack() as held:
            for player in self._players.values():
                held.enter_context(self._fabric.no_backward_sync(player.called, enabled=not is_last))
            yield
        if is_last and self._scaler is not None:
            self._scaler.update()  # once for all players: a new scale in between would spoil gradients half added up

    def teach_discriminator(self, game: Game) -> list[Tensor]:
        """Let the discriminator tell painted pages from generated ones; returns its features of the painted.

        It moves with the last part of a batch; generated pages of the others are then judged as it was before.

        Raises:
            MangacolorError: Too many of its steps in a row had a gradient that is no number.
        """
        player, loss = self._players["discriminator"], self._loss
        player.network.requires_grad_(True)
        real = player.called(game.condition, game.real_page.detach())
        fake = player.called(game.condition, game.fake_page.detach())
        total = losses.discriminator_loss(real.logits, fake.logits, loss.adversarial_kind)
        self._note(discriminator=total, real_logits=real.logits.mean(), fake_logits=fake.logits.mean())
        self._learn("discriminator", total, math.inf)
        return [feature.detach() for feature in real.features]

    def teach_generator(self, play: Play, painted: list[Tensor] | None) -> None:
        """Let the generator be right and, where there is a game, be taken for a painter.

        Args:
            play: What it made of a part of the batch.
            painted: What `teach_discriminator` returned, None if it does not play.

        Raises:
            MangacolorError: Too many of its steps in a row had a gradient that is no number.
        """
        terms = dict(play.terms)
        if painted is not None and play.game is not None:
            judge, loss = self._players["discriminator"], self._loss
            judge.network.requires_grad_(False)
            fake = judge.called(play.game.condition, play.game.fake_page)
            terms["adversarial"] = loss.adversarial * losses.generator_loss(fake.logits, loss.adversarial_kind)
            matching = losses.feature_matching(painted, fake.features)
            terms["feature_matching"] = loss.adversarial * loss.feature_matching * matching
        self._note(**terms)
        total = torch.stack(list(terms.values())).sum()
        self._learn("generator", total, self._config.max_gradient_norm)

    def average_in(self, images_seen: int, batch_size: int) -> None:
        """Move the average towards the generator, which has seen so many images, the last step's batch included."""
        network = self._players["generator"].network
        update_average(self.average, network, self._config.ema_half_life_images, images_seen, batch_size)

    def told(self) -> dict[str, float]:
        """Return what the last step tells: losses of this process, means over the parts, and if a player skipped it."""
        told = {name: float(value) for name, value in self._metrics.items()}
        return told | {"skipped": float(any(self._skipped_in_a_row.values()))}

    @property
    def _loss(self) -> LossConfig:
        """Weights of the game, which only a generator plays."""
        assert isinstance(self._config, TrainConfig)
        return self._config.loss

    def _learn(self, name: str, loss: Tensor, most_norm: float) -> None:
        """Add the gradient of a part; with the last, take the step, unless the gradient is no number.

        What is no number shows in the gradient of all processes, so they skip the step together.
        """
        player = self._players[name]
        self._fabric.backward(self._share * loss)
        if not self._is_last:
            return
        norm = self._fabric.clip_gradients(
            player.called, player.optimizer, max_norm=most_norm, error_if_nonfinite=False
        )
        is_finite = norm is None or math.isfinite(float(norm))
        if self._scaler is not None:  # it skips the step itself, and learns from it once all players have moved
            self._scaler.step(player.optimizer.optimizer)
        elif is_finite:
            player.optimizer.step()
        self._skipped_in_a_row[name] = 0 if is_finite else self._skipped_in_a_row[name] + 1
        if self._skipped_in_a_row[name] > MOST_SKIPPED_IN_A_ROW:
            raise MangacolorError(
                "Training diverged: the loss is not finite.", advice="Lower the learning rates and start again."
            )

    def _note(self, **values: Tensor) -> None:
        for name, value in values.items():
            known = self._metrics.get(name, torch.zeros_like(value))
            self._metrics[name] = known + self._share * value.detach()
