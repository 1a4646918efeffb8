"""The pack: MakeHuman's CC0 base mesh, morphs, bones, poses, hair and clothes, as numbers in one .npz."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix, diags

from mangacolor.data.figures.geometry import FloatArray, Indices
from mangacolor.errors import BadInputError

NEEDED = (
    "base_v", "base_f", "base_g", "base_groups", "bone_names", "bone_parent", "bone_hv", "bone_hs",
    "bone_tv", "bone_ts", "w_v", "w_b", "w_w", "t_names", "t_i", "t_v", "t_s", "items", "pose_names", "pose_R",
)  # fmt: skip
"""What must be in the file. `base_*`: vertices, quads, the group of each and the names of groups. `bone_*`: names,
parents, and the vertices whose means are head and tail, cut by the starts `_hs` and `_ts`. `w_*`: vertex, bone and
weight of the skin. `t_*`: morphs in thousandths. `items`: names of hair and clothes, each with `_f` quads and, for each
of its vertices, three base vertices `_i`, their weights `_w` and an offset `_o` in units of `_s`."""

ARMS = ("upperarm", "lowerarm", "wrist", "finger", "metacarpal")
HANDS = ("wrist", "finger", "metacarpal")


class Piece(NamedTuple):
    """A mesh that hangs on the body: vertices (N, 3) at rest, quads (M, 4), and weights (N, bones)."""

    vertices: FloatArray
    quads: Indices
    weights: csr_matrix


class Pack:
    """The numbers of a pack, and what follows from them.

    Args:
        path: The .npz file.

    Raises:
        BadInputError: It is missing, damaged, or lacks something.
    """

    def __init__(self, path: Path) -> None:
        self.numbers = _read(path)
        numbers = self.numbers
        self.rest = numbers["base_v"].astype(np.float64)
        self.bones = [str(name) for name in numbers["bone_names"]]
        self.bone = {name: index for index, name in enumerate(self.bones)}
        self.parents = numbers["bone_parent"].astype(int)
        self.targets = {str(name): index for index, name in enumerate(numbers["t_names"])}
        self.items = [str(name) for name in numbers["items"]]
        self.poses = {str(name): turns.astype(np.float64) for name, turns in zip(
            numbers["pose_names"], numbers["pose_R"], strict=True
        )}  # fmt: skip
        group = {str(name): index for index, name in enumerate(numbers["base_groups"])}
        quads = {name: numbers["base_f"][numbers["base_g"] == index].astype(np.int64) for name, index in group.items()}
        try:
            self.body, self.tights, self.skirt = quads["body"], quads["helper-tights"], quads["helper-skirt"]
            self.eyes = tuple(np.unique(quads[f"helper-{side}-eye"]) for side in "lr")
        except KeyError as error:
            raise BadInputError(f"{path}: the mesh has no group {error}.", advice=_ADVICE) from error
        self.body_vertices = np.unique(self.body)
        self.weights = self._weights()
        self.strongest = np.asarray(self.weights.argmax(1)).ravel()
        self.head_share = self._share([self.is_below(index, "head") for index in range(len(self.bones))])
        self.arm_share = self._share([name.startswith(ARMS) for name in self.bones])
        self.hand_share = self._share([name.startswith(HANDS) for name in self.bones])

    def is_below(self, bone: int, name: str) -> bool:
        """Say whether a bone is the named one or hangs on it."""
        while bone >= 0:
            if self.bones[bone] == name:
                return True
            bone = int(self.parents[bone])
        return False

    def morph(self, vertices: FloatArray, name: str, weight: float) -> None:
        """Move vertices (N, 3) in place by a share of a morph; one that the pack lacks does nothing."""
        index = self.targets.get(name)
        if index is None or abs(weight) < 1e-4:
            return
        start, end = self.numbers["t_s"][index : index + 2]
        vertices[self.numbers["t_i"][start:end]] += (weight * 1e-3) * self.numbers["t_v"][start:end]

    def joints(self, vertices: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return heads and tails of all bones, each (bones, 3)."""
        ends = []
        for side in "ht":
            chosen, starts = self.numbers[f"bone_{side}v"], self.numbers[f"bone_{side}s"]
            total = np.add.reduceat(vertices[chosen], starts[:-1])
            ends.append(np.asarray(total / np.diff(starts)[:, None]))
        return ends[0], ends[1]

    def fit(self, vertices: FloatArray, item: str) -> Piece:
        """Lay hair or clothes on a body, as .mhclo files tell."""
        base, weights, offsets, scales = (self.numbers[f"{item}_{key}"] for key in "iwos")
        placed = sum(weights[:, k : k + 1] * vertices[base[:, k]] for k in range(3)).astype(np.float64)
        for axis, (first, second, length) in enumerate(scales):
            placed[:, axis] += offsets[:, axis] * abs(vertices[int(first), axis] - vertices[int(second), axis]) / length
        skin = sum(self.weights[base[:, k]].multiply(weights[:, k : k + 1]) for k in range(3)).tocsr()
        return Piece(placed, self.numbers[f"{item}_f"].astype(np.int64), skin)

    def hidden_by(self, item: str) -> Indices:
        """Return the body's vertices that an item hides."""
        return np.asarray(self.numbers[f"{item}_d"], np.int64)

    def _weights(self) -> csr_matrix:
        numbers, count = self.numbers, len(self.rest)
        shape = (count, len(self.bones))
        weights = coo_matrix((numbers["w_w"].astype(np.float64), (numbers["w_v"], numbers["w_b"])), shape).tocsr()
        total = np.asarray(weights.sum(1)).ravel()
        bare = np.flatnonzero(total < 1e-6)
        # What has no weights follows the root.
        weights = weights + coo_matrix((np.ones(len(bare)), (bare, np.zeros(len(bare), int))), shape).tocsr()
        total[bare] = 1
        return (diags(1 / total) @ weights).tocsr()

    def _share(self, is_counted: list[bool]) -> FloatArray:
        return np.asarray(self.weights[:, np.flatnonzero(is_counted)].sum(1)).ravel()


_ADVICE = "Give the figures_pack.npz that was made from MakeHuman's CC0 files."


def _read(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            numbers = {name: file[name] for name in file.files}
    except FileNotFoundError as error:
        raise BadInputError(f"{path}: no such file.", advice=_ADVICE) from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, AttributeError, TypeError) as error:
        raise BadInputError(f"{path}: not a pack of figures: {error}.", advice=_ADVICE) from error
    missing = [name for name in NEEDED if name not in numbers]
    if missing:
        raise BadInputError(f"{path}: not a pack of figures, it lacks {missing[0]}.", advice=_ADVICE)
    return numbers
