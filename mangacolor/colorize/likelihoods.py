"""Logits to likelihoods, and likelihoods to how far something is so."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST = 1e-5
"""Chance below which nothing is told apart."""


def softmax(logits: NDArray[Any], axis: int = -1) -> NDArray[Any]:
    """Return how likely each of some answers is that exclude each other, of the shape and dtype of the logits."""
    shares = np.exp(logits - logits.max(axis=axis, keepdims=True))
    shares /= shares.sum(axis=axis, keepdims=True)
    return np.asarray(shares)


def logistic(logits: NDArray[Any]) -> NDArray[Any]:
    """Return how likely each answer is by itself, of the shape and dtype of the logits."""
    with np.errstate(over="ignore"):  # exp(-x) of the very unlikely is infinite, and they get the 0 they should
        return np.asarray(1 / (1 + np.exp(-logits)))


def log_odds(chances: NDArray[Any]) -> NDArray[Any]:
    """Undo `logistic`, as far as chances of 0 and 1 allow, of the shape and dtype of the chances."""
    kept = chances.clip(LEAST, 1 - LEAST)
    return np.asarray(np.log(kept / (1 - kept)))


def ramp(values: NDArray[np.floating], low: float, high: float) -> NDArray[np.float32]:
    """Rise from 0 at `low` to 1 at `high`."""
    return np.asarray(((values - low) / (high - low)).clip(0, 1), np.float32)
