"""Several people in a picture: side by side, face to face, one behind the other; and hands that touch someone."""

from __future__ import annotations

import math

import numpy as np
from scipy.spatial import cKDTree

from mangacolor.data.figures.geometry import FloatArray, turn, unit
from mangacolor.data.figures.pack import Pack
from mangacolor.data.figures.people import Person

COUNTS, COUNT_CHANCES = (1, 2, 3), (0.76, 0.18, 0.06)
"""How many people are in a picture."""

ARRANGEMENTS, ARRANGEMENT_CHANCES = ("beside", "facing", "behind"), (0.5, 0.25, 0.25)

GAP = 0.12
"""Decimetres that trunks and heads of neighbours are apart, at least."""

TRUNK_POINTS = 1500
"""Points of a trunk that are looked at."""

PACE, MOST_PACES = 0.3, 40

TOUCHING = 0.35
"""How often a person's hand is laid on someone: a neighbour if there is one, or oneself."""

HAND = 0.75
"""From the wrist to the middle of the palm, in decimetres."""

OWN = ("chin", "cheek", "chest", "hip", "head", "knee")
OTHERS = ("shoulder", "head", "hand", "back")
"""What hands are laid on."""


def arrange(pack: Pack, people: list[Person], rng: np.random.Generator) -> list[Person]:
    """Put people beside each other, so that they nearly touch, and lay some hands on someone."""
    placed = [_on_floor(people[0])]
    kind = str(rng.choice(ARRANGEMENTS, p=ARRANGEMENT_CHANCES))
    facing_deg = _facing(pack, placed[0])
    for index, person in enumerate(people[1:]):
        side = 1 if index == 0 else -1
        heading, looks = {
            "beside": (facing_deg + 90 * side + rng.normal(0, 15), facing_deg + rng.normal(0, 20)),
            "facing": (facing_deg + rng.normal(0, 20) + 90 * index, facing_deg + 180 + rng.normal(0, 25)),
            "behind": (facing_deg + 180 + side * rng.uniform(20, 50), facing_deg + rng.normal(0, 20)),
        }[kind]
        turned = person.moved(turn([0, 1, 0], looks - _facing(pack, person)), np.zeros(3))
        placed.append(_beside(pack, placed, turned, heading))
    return [
        _touch(pack, person, placed[:index] + placed[index + 1 :], rng) if rng.random() < TOUCHING else person
        for index, person in enumerate(placed)
    ]


def reach(pack: Pack, person: Person, side: str, goal: FloatArray) -> Person:
    """Bend an arm so that its wrist comes to a goal (3,), or as near as the arm is long.

    The elbow bends first, until the wrist is as far from the shoulder as the goal; then the arm turns to it.
    """
    shoulder, elbow, wrist = (pack.bone[f"{name}.{side}"] for name in ("upperarm01", "lowerarm01", "wrist"))
    heads = person.posed.heads
    upper, lower = heads[elbow] - heads[shoulder], heads[wrist] - heads[elbow]
    lengths = np.linalg.norm(upper), np.linalg.norm(lower)
    wanted = float(
        np.clip(np.linalg.norm(goal - heads[shoulder]), abs(lengths[0] - lengths[1]) + 0.6, sum(lengths) - 0.01)
    )
    cosine = (lengths[0] ** 2 + lengths[1] ** 2 - wanted**2) / (2 * lengths[0] * lengths[1])
    bend = 180 - math.degrees(math.acos(float(np.clip(cosine, -1, 1))))
    hinge = np.cross(upper, lower)
    if np.linalg.norm(hinge) < 0.005 * lengths[0] * lengths[1]:
        hinge = np.cross(upper, [0, 0, 1.0])
    now = math.degrees(math.acos(float(np.clip(unit(upper) @ unit(lower), -1, 1))))
    person = _turned(pack, person, elbow, turn(hinge, bend - now))
    heads = person.posed.heads
    old, new = unit(heads[wrist] - heads[shoulder]), unit(goal - heads[shoulder])
    axis = np.cross(old, new)
    angle = math.degrees(math.atan2(float(np.linalg.norm(axis)), float(old @ new)))
    if np.linalg.norm(axis) < 1e-6:
        return person
    return _turned(pack, person, shoulder, turn(axis, angle))


def _turned(pack: Pack, person: Person, bone: int, rotation: FloatArray) -> Person:
    """Turn a bone, and all that hangs on it, about its head."""
    is_below = np.array([pack.is_below(index, pack.bones[bone]) for index in range(len(pack.bones))])
    turns, heads = person.posed.turns.copy(), person.posed.heads.copy()
    turns[is_below] = rotation @ turns[is_below]
    heads[is_below] = (heads[is_below] - heads[bone]) @ rotation.T + heads[bone]
    posed = person.posed._replace(turns=turns, heads=heads)
    return person._replace(posed=posed, vertices=posed.apply(person.body.vertices, pack.weights))


def _touch(pack: Pack, person: Person, others: list[Person], rng: np.random.Generator) -> Person:
    """Lay a hand on somebody near, or on oneself, if the arm is long enough and need not go through the body."""
    side = "L" if rng.random() < 0.5 else "R"
    if others and rng.random() < 0.7:
        middle = person.posed.heads[pack.bone["spine01"]]
        other = min(others, key=lambda one: float(np.linalg.norm(one.posed.heads[pack.bone["spine01"]] - middle)))
        away = other.posed.heads[pack.bone["spine01"]] - middle
        left = person.posed.turns[pack.bone["spine01"]][:, 0]
        side = "L" if float(away @ left) > 0 else "R"
        goal = _place_on(
            pack, other, str(rng.choice(OTHERS)), person.posed.heads[pack.bone[f"upperarm01.{side}"]], side
        )
    else:
        goal = _place_on(pack, person, str(rng.choice(OWN)), None, side)
    shoulder = person.posed.heads[pack.bone[f"upperarm01.{side}"]]
    goal = goal - HAND * unit(goal - shoulder)
    return reach(pack, person, side, goal)


def _place_on(pack: Pack, person: Person, name: str, seen_from: FloatArray | None, side: str) -> FloatArray:
    """Return a point just off a body (3,)."""
    heads, turns = person.posed.heads, person.posed.turns
    head, chest = pack.bone["head"], pack.bone["spine01"]
    front, left = turns[head][:, 2], turns[head][:, 0] * (1 if side == "L" else -1)
    unit_, up = person.body.unit, turns[head][:, 1]
    chin = person.posed.follow(head, (person.body.eye - [0, person.body.unit, 0.1])[None])[0]
    chest_front = turns[chest][:, 2]
    if name == "shoulder" and seen_from is not None:
        far = max("LR", key=lambda s: float(np.linalg.norm(heads[pack.bone[f"upperarm01.{s}"]] - seen_from)))
        near = "L" if far == "R" else "R"
        return np.asarray(heads[pack.bone[f"upperarm01.{near}"]] + [0, 0.75, 0])
    if name == "hand" and seen_from is not None:
        return np.asarray(min(
            (heads[pack.bone[f"wrist.{s}"]] for s in "LR"), key=lambda at: float(np.linalg.norm(at - seen_from))
        ))  # fmt: skip
    places: dict[str, FloatArray] = {
        "chin": chin + 0.35 * front,
        "cheek": chin + 0.45 * unit_ * up + 0.65 * unit_ * left + 0.2 * front,
        "head": chin + 2.1 * unit_ * up + 0.3 * left,
        "chest": heads[pack.bone["spine02"]] + 1.3 * chest_front + 0.2 * left,
        "hip": heads[pack.bone[f"upperleg01.{side}"]] + 1.2 * turns[pack.bone["root"]][:, 1] + 0.9 * left,
        "knee": heads[pack.bone[f"lowerleg01.{side}"]] + 0.9 * turns[pack.bone[f"lowerleg01.{side}"]][:, 2],
        "back": heads[pack.bone["spine02"]] - 1.3 * chest_front,
        "shoulder": heads[pack.bone[f"upperarm01.{side}"]] + np.array([0, 0.75, 0]),
        "hand": heads[pack.bone[f"wrist.{side}"]],
    }
    return places[name]


def _facing(pack: Pack, person: Person) -> float:
    """Return where a chest looks, in degrees about the vertical."""
    front = person.posed.turns[pack.bone["spine03"]][:, 2]
    return math.degrees(math.atan2(front[0], front[2]))


def _on_floor(person: Person) -> Person:
    """Put a person's lowest point, and the middle of the trunk, at the origin."""
    root = person.posed.heads[0]
    return person.moved(np.eye(3), -np.array([root[0], person.vertices[:, 1].min(), root[2]]))


def _beside(pack: Pack, placed: list[Person], person: Person, heading_deg: float) -> Person:
    """Walk off from the first person until nobody is inside another."""
    person = _on_floor(person)
    heading = turn([0, 1, 0], heading_deg) @ np.array([0, 0, 1.0])
    trees = [cKDTree(_trunk(pack, other)) for other in placed]
    trunk = _trunk(pack, person)
    for pace in range(4, MOST_PACES):
        shift = heading * pace * PACE
        if min(float(tree.query(trunk + shift)[0].min()) for tree in trees) > GAP:
            break
    return person.moved(np.eye(3), shift)


def _trunk(pack: Pack, person: Person) -> FloatArray:
    """Return points of head, trunk and legs."""
    trunk = pack.body_vertices[pack.arm_share[pack.body_vertices] < 0.2]
    return np.asarray(person.vertices[trunk[:: max(1, len(trunk) // TRUNK_POINTS)]])
