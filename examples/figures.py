"""Draw the figures of the guide anew.

    python examples/figures.py

Runs the lessons, or takes what they drew before (`--reuse`), and puts small copies of the chosen plots into
`examples/figures/`, pictures of at most 150 kB and films of at most 700.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
from pathlib import Path

from PIL import Image, ImageSequence

HERE = Path(__file__).parent
LESSONS = (
    "1_data_is_a_distribution",
    "2_the_game_in_one_and_two_dimensions",
    "3_a_gan_on_digits",
    "4_from_gan_to_pix2pix",
    "5_colour_a_manga_from_one_page",
    "6_other_things_gans_do",
)
FIGURES = (
    "1_samples.png",
    "1_picture_is_a_point.png",
    "1_space_is_noise.png",
    "1_map_of_digits.png",
    "2_one_dimension.gif",
    "2_two_dimensions.gif",
    "2_mode_collapse.png",
    "3_samples_over_time.png",
    "3_digits.png",
    "3_nearest_neighbours.png",
    "3_walks_between_seeds.png",
    "3_losses.png",
    "4_digits_on_demand.png",
    "4_pix2pix.png",
    "4_paints.png",
    "5_one_page.jpg",
    "6_enlarge.png",
    "6_ink.png",
)
WIDTH_PX = 900
LIMIT_BYTES, FILM_LIMIT_BYTES = 150_000, 700_000


def shrink(figure: Path, folder: Path) -> Path:
    """Copy a figure into a folder, smaller and smaller until it is small enough."""
    for colours, scale in ((256, 1.0), (64, 1.0), (64, 0.85), (32, 0.75), (32, 0.6), (16, 0.5)):
        content = encode(figure, colours, scale)
        if len(content) <= (FILM_LIMIT_BYTES if figure.suffix == ".gif" else LIMIT_BYTES):
            break
    copy = folder / figure.name
    copy.write_bytes(content)
    print(f"{copy}: {len(content) // 1000} kB")
    return copy


def encode(figure: Path, colours: int, scale: float) -> bytes:
    """Encode a drawing or a film with a palette, a page as JPEG, at most `scale` x `WIDTH_PX` wide."""
    film, content = figure.suffix == ".gif", io.BytesIO()
    with Image.open(figure) as opened:
        if figure.suffix == ".jpg":
            width = min(opened.width, round(WIDTH_PX * scale))
            height = round(opened.height * width / opened.width)
            small = opened.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
            small.save(content, "JPEG", quality=82)
            return content.getvalue()
        frames, durations = [], []
        for frame in ImageSequence.Iterator(opened):
            shown = frame.convert("RGB")
            width = min(shown.width, round(WIDTH_PX * scale))
            shown = shown.resize((width, round(shown.height * width / shown.width)), Image.Resampling.LANCZOS)
            frames.append(shown.quantize(colours, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE))
            durations.append(frame.info.get("duration", 0))
        keep = range(0, len(frames), 2) if film and scale < 0.85 else range(len(frames))
    chosen = sorted({*keep, len(frames) - 1})
    if film:
        slower = len(frames) / len(chosen)
        shown_ms = [round(durations[index] * (1 if index == len(frames) - 1 else slower)) for index in chosen]
        first, *rest = (frames[index] for index in chosen)
        first.save(content, "GIF", save_all=True, append_images=rest, duration=shown_ms, loop=0, optimize=True)
    else:
        frames[0].save(content, "PNG", optimize=True)
    return content.getvalue()


def main(argv: list[str] | None = None) -> None:
    """Run the lessons and copy their figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lessons", type=Path, default=HERE / "out" / "lessons", help="folder the lessons draw into")
    parser.add_argument("--figures", type=Path, default=HERE / "figures", help="folder of the guide's figures")
    parser.add_argument("--reuse", action="store_true", help="do not run the lessons again")
    arguments = parser.parse_args(argv)
    if not arguments.reuse:
        for lesson in LESSONS:
            subprocess.run([sys.executable, HERE / f"{lesson}.py", "--out", arguments.lessons], check=True)
    missing = [name for name in FIGURES if not (arguments.lessons / name).exists()]
    if missing:
        raise SystemExit(f"{arguments.lessons} lacks {missing[0]}. Run without --reuse.")
    arguments.figures.mkdir(parents=True, exist_ok=True)
    for name in FIGURES:
        shrink(arguments.lessons / name, arguments.figures)


if __name__ == "__main__":
    main()
