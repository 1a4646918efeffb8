"""What drawn faces are told by: differences of grey between halves of small squares, and perceptrons that read them.

The features, their order and their scaling are those of animeface-2009 by nagadomi, whose perceptrons were trained on
them. Squares lie on a grid that windows share, so features and first layers are computed once for all windows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, cast

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

WINDOW = 32
"""Side of a window on the face, in pixels of the copy that is searched."""

SQUARE = 8
"""Side of the squares that are compared half with half."""

STRIDE = 2
"""Distance of neighbouring squares, and, in squares, of neighbouring windows."""

PLACES = (WINDOW - SQUARE) // STRIDE
"""Squares along a side of a window."""

FEATURES = 8
"""Features of a square: four differences, each once where it is positive and once where it is negative."""


class Perceptron(NamedTuple):
    """A perceptron with one hidden layer of logistic units.

    Attributes:
        input_w: (hidden, PLACES × PLACES × FEATURES) float32, rows, columns and features in this order.
        input_bias: (hidden,) float32.
        hidden_w: (out, hidden) float32.
        hidden_bias: (out,) float32.
    """

    input_w: FloatArray
    input_bias: FloatArray
    hidden_w: FloatArray
    hidden_bias: FloatArray

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, NDArray[np.generic]], name: str) -> Perceptron:
        """Take a perceptron out of tensors called `NAME.input_w` and so on.

        Raises:
            KeyError: One is missing.
            ValueError: Their shapes do not fit each other.
        """
        parts = [np.asarray(tensors[f"{name}.{field}"], np.float32) for field in cls._fields]
        # In Fortran's order, or every product with a few windows would turn the weights over first.
        made = cls(np.asfortranarray(parts[0]), parts[1].reshape(-1), parts[2], parts[3].reshape(-1))
        hidden, out = len(made.input_bias), len(made.hidden_bias)
        if made.input_w.shape != (hidden, PLACES * PLACES * FEATURES) or made.hidden_w.shape != (out, hidden):
            raise ValueError(f"{name}: shapes {[part.shape for part in parts]} do not fit")
        return made

    def __call__(self, features: FloatArray) -> FloatArray:
        """Return (N, out) float32, before the last logistic function, for (N, PLACES × PLACES × FEATURES)."""
        return self.output(features @ self.input_w.T + self.input_bias)

    def output(self, hidden: FloatArray) -> FloatArray:
        """Return (…, out) float32, before the last logistic function, for (…, hidden) before the first."""
        return cast("FloatArray", logistic(hidden) @ self.hidden_w.T + self.hidden_bias)


def logistic(values: FloatArray) -> FloatArray:
    """Map all numbers onto (0, 1)."""
    return cast("FloatArray", 0.5 * np.tanh(0.5 * values) + 0.5)


def square_features(gray: FloatArray) -> FloatArray:
    """Compare the halves of all squares of a plane.

    The four differences are mean grey above minus below, left minus right, above minus below the falling diagonal,
    and above minus below the rising one.

    Args:
        gray: (h, w) float32 in [0, 1], both at least SQUARE.

    Returns:
        ((h - SQUARE) // STRIDE + 1, (w - SQUARE) // STRIDE + 1, FEATURES) float32 in [0, 1]: each difference's positive
        part, then its negative part, made positive.
    """
    signed = correlate(np.ascontiguousarray(gray, np.float32)[..., None], _FILTERS)
    features = np.empty((*signed.shape[:2], FEATURES), np.float32)
    np.maximum(signed, 0, out=features[..., 0::2])
    np.maximum(-signed, 0, out=features[..., 1::2])
    return features


def correlate(grid: FloatArray, kernel: FloatArray) -> FloatArray:
    """Slide a kernel over a grid by STRIDE, as a few large matrix products.

    Args:
        grid: (h, w, c) float32, contiguous.
        kernel: (k, k, c, out) float32; k is a multiple of STRIDE and at most h and w.

    Returns:
        ((h - k) // STRIDE + 1, (w - k) // STRIDE + 1, out) float32.
    """
    size, _, channels, out = kernel.shape
    rows, columns = ((length - size) // STRIDE + 1 for length in grid.shape[:2])
    strips = sliding_window_view(grid, size, axis=1)[:, ::STRIDE].transpose(0, 1, 3, 2)
    total = np.zeros((rows, columns, out), np.float32)
    # Each row of the grid meets every second row of the kernel only.
    for phase in range(STRIDE):
        taps = size // STRIDE
        flat = strips[phase::STRIDE][: rows + taps - 1].reshape(-1, size * channels)
        weights = kernel[phase::STRIDE].transpose(1, 2, 0, 3).reshape(size * channels, taps * out)
        products = (flat @ weights).reshape(-1, columns, taps, out)
        for tap in range(taps):
            total += products[tap : tap + rows, :, tap]
    return total


def window_features(squares: FloatArray, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> FloatArray:
    """Gather the features of windows.

    Args:
        squares: What `square_features` returned.
        rows: (N,) rows of the windows' first squares.
        columns: (N,) columns of them.

    Returns:
        (N, PLACES × PLACES × FEATURES) float32, as they are.
    """
    windows = sliding_window_view(squares, (PLACES, PLACES), axis=(0, 1))[rows, columns]
    return cast("FloatArray", windows.transpose(0, 2, 3, 1).reshape(len(rows), PLACES * PLACES * FEATURES))


def stretched(features: FloatArray) -> FloatArray:
    """Map the smallest to largest feature of each window, but those of zero, onto [0, 1]: what finds faces reads this.

    Args:
        features: (N, PLACES × PLACES × FEATURES) float32, not negative.

    Returns:
        The same shape.
    """
    filled = features > 0
    largest = features.max(axis=1, keepdims=True)
    smallest = np.where(filled, features, np.inf).min(axis=1, keepdims=True)
    spread = largest > smallest
    smallest, largest = np.where(spread, smallest, 0), np.where(spread, largest, 1)
    return cast("FloatArray", np.where(filled, (features - smallest) / (largest - smallest), 0).astype(np.float32))


def unit_length(features: FloatArray) -> FloatArray:
    """Scale the features of each window to a Euclidean length of 1: what finds eyes and mouths reads this."""
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return cast("FloatArray", features / np.where(lengths > 0, lengths, 1))


def _filters() -> FloatArray:
    """Return (SQUARE, SQUARE, 1, 4): four ways to halve a square, each half with weights that sum to 1 or -1."""
    rows, columns = np.mgrid[:SQUARE, :SQUARE]
    middle = (SQUARE - 1) / 2
    sides = [middle - rows, middle - columns, columns - rows, SQUARE - 1 - rows - columns]
    signs = np.stack([np.sign(side) for side in sides], axis=-1)
    weights = (signs / (signs > 0).sum(axis=(0, 1))).astype(np.float32)
    return cast("FloatArray", weights[:, :, None])


_FILTERS = _filters()
