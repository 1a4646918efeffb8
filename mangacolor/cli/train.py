"""`mangacolor train`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from mangacolor.cli.options import DeviceOption, PrecisionOption, QuietOption, checked_precision
from mangacolor.cli.progress import Bars
from mangacolor.cli.streams import tell
from mangacolor.config import PRESETS
from mangacolor.errors import ExitCode, UsageError


def train(
    data: Annotated[Path, typer.Option(help="Folder of pairs, or of colour images alone.")],
    preset: Annotated[str, typer.Option(help=f"{', '.join(PRESETS)}.")] = "default",
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Folder of the run. [default: runs/PRESET]")] = None,
    minutes: Annotated[
        float | None,
        typer.Option(help="Spend so long on steps, reading and validating apart; the schedule fits to it."),
    ] = None,
    images: Annotated[int | None, typer.Option(help="Train on this many images; repeats bit for bit.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the newest checkpoint in --out.")] = False,
    init: Annotated[Path | None, typer.Option(help="Weights to start from.")] = None,
    teacher: Annotated[
        Path | None, typer.Option(help="Weights whose colours are kept: `loss.kept_colours` of the recipe.")
    ] = None,
    figures: Annotated[
        Path | None, typer.Option(help="Drawings of people, made by `mangacolor synthesize --figures`.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML recipe laid over the preset.")] = None,
    semantics: Annotated[
        Path | None, typer.Option(help="EfficientNet-Lite0 to use. [default: that in the installed weights]")
    ] = None,
    separator: Annotated[
        Path | None, typer.Option(help="Takes the grey side of pairs apart. [default: the installed one]")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of everything random. [default: the recipe's]")] = None,
    accumulate: Annotated[
        int | None, typer.Option(min=1, help="Batches whose gradients make one step. [default: the recipe's]")
    ] = None,
    device: DeviceOption = None,
    precision: PrecisionOption = None,
    jobs: Annotated[
        int, typer.Option("-j", "--jobs", min=1, help="Threads that make samples; on CUDA, processes.")
    ] = 1,
    data_name: Annotated[str | None, typer.Option(help="What the card calls the data.")] = None,
    data_licence: Annotated[str | None, typer.Option(help="The data's licence, for the card.")] = None,
    quiet: QuietOption = False,
) -> int:
    """Train a generator, or the separator, on your own pictures.

    DATA holds condition/ and target/ (or A/ and B/, bw/ and color/), side-by-side images,
    NAME_bw and NAME_color files, or colour images alone.

    Examples:
        mangacolor train --data pairs/ --minutes 60
        mangacolor train --data art/ --preset pix2pix --images 50000 --out runs/paper
        mangacolor train --data art/ --preset separator --minutes 30
        mangacolor train --data art/ --out runs/default --resume --minutes 60
    """
    import dataclasses

    from mangacolor.recipes import read_recipe

    if preset not in PRESETS:
        raise UsageError(f"Unknown preset `{preset}`.", advice=f"Choose one of {', '.join(PRESETS)}.")
    if (minutes is None) == (images is None):
        raise UsageError("Say how long to train.", advice="Give either --minutes or --images.")
    if resume and init:
        raise UsageError("--resume and --init exclude each other.", advice="A checkpoint has its own weights.")
    if (minutes or images or 0) <= 0:
        raise UsageError("--minutes and --images must be above 0.")
    recipe = PRESETS[preset] if config is None else read_recipe(config, PRESETS[preset])
    if seed is not None:
        recipe = dataclasses.replace(recipe, seed=seed)
    if accumulate is not None:
        recipe = dataclasses.replace(recipe, accumulate=accumulate)

    from mangacolor.training import Budget, RunOptions, run_training

    folder = out or Path("runs") / preset
    bars = Bars(quiet)
    report = run_training(
        recipe,
        RunOptions(
            data, folder, Budget(images, minutes), resume=resume, init=init, teacher=teacher, figures=figures,
            separator=separator, semantics=semantics, device=device or "auto",
            precision=checked_precision(precision), jobs=jobs, data_name=data_name, data_licence=data_licence,
        ),
        say=bars.say, on_picture=bars.picture, on_step=bars.step,
    )  # fmt: skip
    bars.close()
    if not report.outcome.finished:
        if report.process == 0:
            sys.stderr.write(
                f"Stopped at {report.outcome.images_seen} images; a checkpoint is in {folder}. "
                "Go on with the same command and --resume.\n"
            )
        return ExitCode.INTERRUPTED
    if report.weights is not None:
        tell(str(report.weights))
    return ExitCode.DONE
