"""Short training runs, shared by the tests."""

import signal

import torch

from mangacolor.training import Budget, RunOptions, loop, run_training, validation
from mangacolor.training.objectives import VALIDATION, Game, Play


def shorten(patch, *, log_every):
    """Have runs validate on few pictures and log often; runs of tests are a few steps long."""
    patch.setattr(validation, "VALIDATION_SAMPLES", 8)
    patch.setattr(loop, "LOG_EVERY_STEPS", log_every)


def run_briefly(data, out, config, *, images, on_step=lambda *_: None, **options):
    """Train for so many images, on the CPU in full precision."""
    return run_training(
        config, RunOptions(data, out, Budget(images=images), device="cpu", precision="fp32", **options), on_step=on_step
    )


def interrupt_after(images):
    """Return an `on_step` that asks for the end of the run as Ctrl-C does."""

    def on_step(progress, images_seen, batch):
        if images_seen == images:
            signal.raise_signal(signal.SIGINT)

    return on_step


def assert_same_state(one, other):
    assert one.keys() == other.keys()
    for name in one:
        assert torch.equal(one[name], other[name]), name


class Gain(torch.nn.Module):
    """Multiplies by one number."""

    def __init__(self):
        super().__init__()
        self.gain = torch.nn.Parameter(torch.ones(()))

    def forward(self, page):
        return self.gain * page


class DarkenByHalf:
    """An objective of somebody else's: pages are to become half as bright."""

    def samples(self, stock, crop_px, seed):
        return [
            {"page": torch.rand(1, crop_px, crop_px, generator=torch.Generator().manual_seed(k))} for k in range(160)
        ]

    def play(self, player, batch):
        fake, real = (page.expand(-1, 3, -1, -1) for page in (player(batch["page"]), batch["page"] / 2))
        game = Game(batch["page"].expand(-1, 2, -1, -1), fake, real)
        return Play({"square": (fake - real).square().mean()}, game)

    def score(self, average, batch):
        return {VALIDATION: float((average(batch["page"]) - batch["page"] / 2).abs().mean())}, [batch["page"]]
