"""Link what a distribution needs, without its extras, from this environment into another.

    python link_requirements.py NAME PLACE

PLACE is the other environment's site-packages, of the same Python and without pip. What NAME does not declare is
missing there, as with `pip install NAME`, but for what shares a namespace with what it does; and torch and its
libraries, some five gigabytes, are not laid on the disk a second time.
"""

import sys
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

NO_PACKAGES = ("..", "__pycache__")
"""What distributions have at the top of site-packages that is none: scripts lie elsewhere."""


def needed_by(name: str, extras: frozenset[str] = frozenset(), seen: set | None = None) -> set[str]:
    """Name the distributions that one needs, and those that these need."""
    seen = set() if seen is None else seen
    for line in distribution(name).requires or []:
        need = Requirement(line)
        wanted = need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in {"", *extras})
        if wanted and (need.name, *sorted(need.extras)) not in seen:
            seen.add((need.name, *sorted(need.extras)))
            needed_by(need.name, frozenset(need.extras), seen)
    return {name for name, *_ in seen}


def main(name: str, place: str) -> None:
    """Link every file or folder that the needed distributions have at the top of site-packages."""
    linked = set()
    for need in sorted(needed_by(name)):
        found = distribution(need)
        linked |= {found.locate_file(file.parts[0]) for file in found.files or [] if file.parts[0] not in NO_PACKAGES}
    for source in sorted(linked):
        target = Path(place) / source.name
        if source.exists() and not target.exists():
            target.symlink_to(Path(source).resolve())


if __name__ == "__main__":
    main(*sys.argv[1:])
