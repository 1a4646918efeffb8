"""What `mangacolor serve` makes of its options and of the config file.

Oracle: docs/serve.md, which says which keys count and how large pages may be.
"""

from __future__ import annotations

import pytest

pytest.importorskip("uvicorn", reason="needs the extra `serve`")

from web_stubs import GatedPainter

from mangacolor.cli import run
from mangacolor.errors import ExitCode


@pytest.mark.parametrize(
    ("said", "words", "most"),
    [
        ("", [], 40_000_000),
        ("max-pixels = 5_000_000", [], 5_000_000),
        ("max-pixels = 200_000_000", [], 200_000_000),
        ("max-pixels = 5_000_000", ["--max-pixels", "7000000"], 7_000_000),
        ('format = "webp"\nquality = 50\nlayers = "ora"', ["--max-pixels", "7000000"], 7_000_000),
    ],
)
def test_the_config_file_limits_pages_where_the_command_line_does_not(tmp_path, monkeypatch, said, words, most):
    config, seen = tmp_path / "config.toml", []
    config.write_text(said)

    def open_colorizer(order):
        seen.append(order.options.max_pixels)
        assert order.options.layers is None
        return GatedPainter()

    def serve(engine, settings, on_ready):
        seen.extend([engine.max_pixels, settings.max_pixels])

    monkeypatch.setattr("mangacolor.colorize.jobs.open_colorizer", open_colorizer)
    monkeypatch.setattr("mangacolor.web.run.serve", serve)
    monkeypatch.setattr("mangacolor.cli.serve.allow_pages_of", seen.append)  # it holds for the whole process
    monkeypatch.setattr("mangacolor.cli.serve._log_requests", lambda quiet: None)
    studio = ["--studio", str(tmp_path / "studio"), "--cache-mb", "0"]
    assert run(["serve", "--config", str(config), *studio, *words]) == ExitCode.DONE
    assert seen == [most] * 4
