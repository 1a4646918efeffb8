"""A small library with every trouble, killed and resumed; `make soak` does two thousand books.

Oracle: invariants: nothing lost, no input changed, nothing temporary left, files and memory given back, a summary that
adds up.
"""

from __future__ import annotations

import os

import pytest
from book_files import skip_without_libarchive
from soak import soak

pytestmark = pytest.mark.slow


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_library_with_every_trouble_is_done_whenever_it_is_killed(tmp_path, monkeypatch):
    skip_without_libarchive()
    pytest.importorskip("pikepdf")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    _, handles = soak(tmp_path, books=60, kills=2)
    assert max(handles) < 40
