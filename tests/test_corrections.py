"""Steps of corrections: read, written, replayed.

Oracle: the contract in docs/studio.md, and invariants: what is written is read back the same, a step that is taken back
leaves no trace.
"""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mangacolor.colorize.corrections import MOST_POINTS, Corrections, Fill, Step, parse_steps, read_step, replay, told
from mangacolor.errors import BadInputError

RED, BLUE = (208, 48, 48), (10, 20, 200)
SIDE = 100

coordinates = st.tuples(st.integers(0, SIDE - 1).map(float), st.integers(0, SIDE - 1).map(float))
colours = st.tuples(*[st.integers(0, 255)] * 3)
strokes = st.lists(coordinates, min_size=1, max_size=5).map(tuple)
radii = st.integers(0, 30).map(float)
steps = st.one_of(
    st.builds(Step, st.just("fill"), coordinates.map(lambda one: (one,)), rgb=colours, alone=st.booleans()),
    st.builds(Step, st.just("brush"), strokes, radii, colours),
    st.builds(Step, st.just("erase"), strokes, radii),
    st.builds(Step, st.just("lock"), coordinates.map(lambda one: (one,)), locked=st.booleans()),
    st.builds(Step, st.just("reference"), name=st.one_of(st.none(), st.text())),
    st.builds(Step, st.just("reset")),
)


def quarter(x, y):
    """Four areas, the quarters of the page."""
    return int(x >= SIDE / 2) + 2 * int(y >= SIDE / 2)


def comes_to(*some):
    return replay(some, quarter, SIDE, SIDE)


@settings(deadline=None)
@given(st.lists(steps, max_size=8))
def test_what_is_written_is_read_back_the_same(some):
    assert parse_steps(json.dumps([told(one) for one in some]), "it") == some


@settings(deadline=None)
@given(st.lists(steps, max_size=8))
def test_all_hints_lie_on_the_page_and_no_area_is_locked_twice(some):
    found = comes_to(*some)
    assert all(0 <= one.x < SIDE and 0 <= one.y < SIDE for one in found.hints)
    areas = [area for area, _ in found.locks]
    assert len(areas) == len(set(areas))
    assert all(some[number].kind == "lock" and quarter(*some[number].points[0]) == area for area, number in found.locks)


@settings(deadline=None)
@given(st.lists(steps, max_size=8))
def test_nothing_is_left_after_a_reset(some):
    assert comes_to(*some, Step("reset")).hints == []


def test_a_fill_takes_the_place_of_what_its_area_had_and_of_nothing_else():
    first, other, again = (
        Step("fill", ((10, 10),), rgb=RED), Step("fill", ((90, 10),), rgb=RED), Step("fill", ((40, 40),), rgb=BLUE),
    )  # fmt: skip
    over = Step("brush", ((20, 20),), 5, RED)
    assert comes_to(first, other, over, again) == Corrections((Fill(90, 10, RED, 1), Fill(40, 40, BLUE, 0)))


def test_a_stroke_leaves_hints_along_it_and_takes_away_those_under_it():
    stroke = Step("brush", ((10, 10), (50, 10), (50, 30)), 5, RED)
    dabs = comes_to(stroke).dabs
    assert [(one.x, one.y) for one in dabs[:17]] == [(10 + 2.5 * k, 10) for k in range(17)]
    assert [(one.x, one.y) for one in dabs[17:]] == [(50, 10 + 2.5 * k) for k in range(1, 9)]
    filled = Step("fill", ((30, 12),), rgb=BLUE)
    rest = comes_to(filled, stroke, Step("erase", ((0, 10), (40, 10)), 4))
    assert [(one.x, one.y) for one in rest.dabs[:3]] == [(45, 10), (47.5, 10), (50, 10)]
    assert rest.fills == ()
    over = comes_to(stroke, Step("brush", ((10, 10),), 6, BLUE)).dabs
    assert [one.rgb for one in over if one.x < 16] == [BLUE]


def test_where_no_area_is_a_fill_is_a_dab():
    (dab,) = replay([Step("fill", ((10, 20),), rgb=RED)], lambda x, y: -1, SIDE, SIDE).dabs
    assert (dab.x, dab.y, dab.rgb) == (10, 20, RED)


def test_locks_are_set_free_and_remember_when_they_were_set():
    lock = Step("lock", ((10, 10),))
    fill = Step("fill", ((90, 90),), rgb=RED)
    assert comes_to(fill, lock, lock).locks == ((0, 1),)
    assert comes_to(lock, Step("lock", ((20, 20),), locked=False)).locks == ()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (1, "kind"), ({}, "kind"), ({"kind": "paint"}, "kind"), ({"kind": ["fill"]}, "kind"),
        ({"kind": "fill", "x": 1, "y": 2}, "needs"), ({"kind": "reset", "x": 1}, "needs"),
        ({"kind": "fill", "x": 1, "y": True, "color": "#d03030"}, "numbers"),
        ({"kind": "fill", "x": 1, "y": float("nan"), "color": "#d03030"}, "numbers"),
        ({"kind": "fill", "x": 1, "y": 2, "color": "red"}, "colour"),
        ({"kind": "brush", "points": [], "radius": 1, "color": "#d03030"}, "points"),
        ({"kind": "brush", "points": [[1]], "radius": 1, "color": "#d03030"}, "numbers"),
        ({"kind": "erase", "points": [[1, 2]] * (MOST_POINTS + 1), "radius": 1}, "points"),
        ({"kind": "erase", "points": [[1, 2]], "radius": -1}, "radius"),
        ({"kind": "lock", "x": 1, "y": 2, "locked": 1}, "locked"), ({"kind": "reference", "name": 3}, "name"),
        ({"kind": "fill", "x": 1, "y": 2, "color": "#d03030", "alone": 1}, "alone"),
        ({"kind": "lock", "x": 1, "y": 2, "locked": True, "alone": True}, "needs"),
    ],
)  # fmt: skip
def test_what_is_no_step_is_told(said, why):
    with pytest.raises(BadInputError, match=why):
        read_step(said, "The step")


@pytest.mark.parametrize("text", ["{", "[" * 5000, '{"kind": "reset"}'])
def test_what_is_no_list_of_steps_is_told(text):
    with pytest.raises(BadInputError, match="steps\\.json"):
        parse_steps(text, "steps.json")
