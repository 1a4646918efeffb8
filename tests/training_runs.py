"""Short training runs, shared by the tests."""

import signal

import torch

from mangacolor.training import Budget, RunOptions, loop, run_training, validation


def shorten(patch, *, snapshots, log_every):
    """Have runs validate on few pictures, and take this many snapshots; runs of tests are a few steps long."""
    patch.setattr(validation, "VALIDATION_SAMPLES", 8)
    patch.setattr(loop, "SNAPSHOTS", snapshots)
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
