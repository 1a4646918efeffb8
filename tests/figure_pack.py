"""A small pack of a body made of tubes, with the names that drawing figures needs: no data of others."""

from __future__ import annotations

import numpy as np

RING = 8


def save_small_pack(path):
    """Write a pack with two poses, no morphs, no hair meshes and no fitted clothes."""
    body = _Builder()
    for name, parent, head, tail, radius in _bones():
        body.bone(name, parent, head, tail, radius)
    body.ball("head", (0, 7.3, 0.1), (0.75, 1.15, 0.95))
    for side, x in (("l", 0.3), ("r", -0.3)):
        body.patch(f"helper-{side}-eye", (x, 7.3, 0.92), 0.08)
    body.skirt()
    np.savez(path, **body.numbers())
    return path


def _bones():
    """Name, parent, ends and radius of each bone; y up, z to the front, a T-pose."""
    spine = [("root", None, 0.0, 0.2), ("spine05", "root", 0.2, 0.8), ("spine04", "spine05", 0.8, 1.6)]
    spine += [("spine03", "spine04", 1.6, 2.6), ("spine02", "spine03", 2.6, 3.6), ("spine01", "spine02", 3.6, 4.9)]
    for name, parent, low, high in spine:
        yield name, parent, (0, low, 0), (0, high, 0), 1.1
    for k, (low, high) in enumerate([(4.9, 5.3), (5.3, 5.6), (5.6, 6.0)], start=1):
        yield f"neck0{k}", f"neck0{k - 1}" if k > 1 else "spine01", (0, low, 0), (0, high, 0), 0.5
    yield "head", "neck03", (0, 6.0, 0), (0, 8.4, 0), 0.3
    for side, sign in (("L", 1), ("R", -1)):
        arm = [("clavicle", "spine01", 0.2, 1.0, 0.4), ("shoulder01", "clavicle", 1.0, 1.4, 0.4)]
        arm += [("upperarm01", "shoulder01", 1.4, 3.6, 0.4), ("lowerarm01", "upperarm01", 3.6, 4.6, 0.33)]
        arm += [("lowerarm02", "lowerarm01", 4.6, 5.6, 0.3), ("wrist", "lowerarm02", 5.6, 6.4, 0.35)]
        for name, parent, start, end, radius in arm:
            bend = 0.02 if start >= 3.6 else 0  # so that the elbow has a hinge
            up = parent if parent == "spine01" else f"{parent}.{side}"
            yield f"{name}.{side}", up, (sign * start, 4.7, 0), (sign * end, 4.7, bend * (end - 3.6)), radius
        for finger in range(1, 6):
            z = 0.14 * (3 - finger)
            for k in range(1, 4):
                start, end = 6.4 + 0.25 * (k - 1), 6.4 + 0.25 * k
                parent = f"wrist.{side}" if k == 1 else f"finger{finger}-{k - 1}.{side}"
                y = 4.7 - 0.02 * (k - 1)
                yield f"finger{finger}-{k}.{side}", parent, (sign * start, y, z), (sign * end, y - 0.02 * k, z), 0.07
        leg = [("upperleg01", "root", 0.0, -3.6, 0.55), ("lowerleg01", "upperleg01", -3.6, -7.2, 0.42)]
        for name, parent, start, end, radius in leg:
            up = parent if parent == "root" else f"{parent}.{side}"
            yield f"{name}.{side}", up, (sign * 0.6, start, 0), (sign * 0.6, end, 0), radius
        yield f"foot.{side}", f"lowerleg01.{side}", (sign * 0.6, -7.2, 0), (sign * 0.6, -7.6, 1.0), 0.3


class _Builder:
    def __init__(self):
        self.vertices, self.faces, self.groups, self.weights = [], [], [], []
        self.names, self.parents, self.heads, self.tails = [], [], [], []

    def bone(self, name, parent, head, tail, radius):
        self.names.append(name)
        self.parents.append(-1 if parent is None else self.names.index(parent))
        first = self.tube("body", head, tail, radius)
        self.heads.append(range(first, first + RING))
        self.tails.append(range(first + RING, first + 2 * RING))
        self.tube("helper-tights", head, tail, 1.05 * radius)

    def tube(self, group, head, tail, radius):
        head, tail = np.array(head, float), np.array(tail, float)
        along = (tail - head) / np.linalg.norm(tail - head)
        first = np.cross(along, [0.3, 0.5, 0.8])
        first /= np.linalg.norm(first)
        second = np.cross(along, first)
        angle = np.arange(RING) * 2 * np.pi / RING
        ring = radius * (np.cos(angle)[:, None] * first + np.sin(angle)[:, None] * second)
        return self.rows(group, [head + ring, tail + ring], len(self.names) - 1)

    def rows(self, group, rings, bone):
        start = len(self.vertices)
        self.vertices += [point for ring in rings for point in ring]
        self.weights += [bone] * sum(map(len, rings))
        count = len(rings[0])
        for row in range(len(rings) - 1):
            for k in range(count):
                a, b = start + row * count + k, start + row * count + (k + 1) % count
                self.faces.append((a, b, b + count, a + count))
                self.groups.append(group)
        return start

    def ball(self, bone, centre, radii):
        angle = np.arange(24) * 2 * np.pi / 24
        rings = []
        for height in np.linspace(-np.pi / 2 + 0.05, np.pi / 2 - 0.05, 18):
            ring = np.stack(
                [np.cos(height) * np.sin(angle), np.full(24, np.sin(height)), np.cos(height) * np.cos(angle)]
            )
            rings.append(np.array(centre) + ring.T * radii)
        self.rows("body", rings, self.names.index(bone))

    def patch(self, group, centre, half):
        x, y, z = centre
        rings = [[np.array([x - half, y + d, z]), np.array([x + half, y + d, z])] for d in (-half, half)]
        self.rows(group, rings, self.names.index("head"))

    def skirt(self):
        angle = np.arange(16) * 2 * np.pi / 16
        rings = []
        for y in np.linspace(2, -7, 12):
            radius = 1.2 + 0.1 * (2 - y)
            rings.append(np.stack([radius * np.sin(angle), np.full(16, y), radius * np.cos(angle)], axis=1))
        self.rows("helper-skirt", rings, 0)

    def numbers(self):
        group_names = sorted(set(self.groups))
        count = len(self.names)
        poses = np.tile(np.eye(3), (2, count, 1, 1))
        starts = np.arange(count + 1) * RING
        return {
            "base_v": np.array(self.vertices, np.float32), "base_f": np.array(self.faces, np.int32),
            "base_g": np.array([group_names.index(group) for group in self.groups], np.int16),
            "base_groups": np.array(group_names), "bone_names": np.array(self.names),
            "bone_parent": np.array(self.parents, np.int16),
            "bone_hv": np.concatenate(self.heads), "bone_hs": starts,
            "bone_tv": np.concatenate(self.tails), "bone_ts": starts,
            "w_v": np.arange(len(self.vertices)), "w_b": np.array(self.weights), "w_w": np.ones(len(self.vertices)),
            "t_names": np.array([], "U1"), "t_i": np.array([], np.int64), "t_v": np.zeros((0, 3)),
            "t_s": np.zeros(1, int), "items": np.array([], "U1"),
            "pose_names": np.array(["standing01", "sit01"]), "pose_R": poses,
        }  # fmt: skip
