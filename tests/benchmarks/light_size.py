"""Make the light install as the guide has it, in a fresh environment, and print what it takes: disk, and a cold start.

python tests/benchmarks/light_size.py build/light
"""

import resource
import shutil
import statistics
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MIB = 1 << 20
STARTS = 5
SMALLEST_MIB = 5
COMMANDS = {
    "`mangacolor --version`": "from mangacolor.cli import run; run(['--version'])",
    "weights loaded, ready for a page": "from mangacolor import Colorizer; Colorizer()",
}


def commands():
    """Return the lines of the guide that install without torch."""
    section = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8").partition("### Without torch")[2]
    return [line.strip() for line in section.partition("\n#")[0].splitlines() if line.startswith("    pip install")]


def size_of(path):
    files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    return sum(one.stat().st_blocks * 512 for one in files if not one.is_symlink())


def start(python, code):
    """Return the wall and the CPU seconds of a process."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([python, "-c", code], check=True, stdout=subprocess.DEVNULL, cwd=ROOT.anchor)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.monotonic() - started, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(folder):
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    packages = next(folder.glob("lib/python*/site-packages"))
    bare = size_of(folder)
    for command in commands():
        subprocess.run([python, "-m", *command.split(), "--quiet", "--disable-pip-version-check"], check=True, cwd=ROOT)
    sizes = sorted(((size_of(one) / MIB, one.name) for one in packages.iterdir()), reverse=True)
    print("| package | MiB |\n|---|---|")
    for size, name in sizes:
        if size >= SMALLEST_MIB:
            print(f"| {name} | {size:.0f} |")
    whole = size_of(folder)
    print(f"| everything but the {bare / MIB:.0f} MiB of pip in the fresh environment | {(whole - bare) / MIB:.0f} |")
    print("\n| cold start | seconds | of CPU |\n|---|---|---|")
    for name, code in COMMANDS.items():
        walls, cores = zip(*(start(python, code) for _ in range(STARTS)), strict=True)
        print(f"| {name} | {statistics.median(walls):.2f} | {statistics.median(cores):.2f} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
