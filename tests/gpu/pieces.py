"""Large files in small pieces, for channels that carry no large ones, and whole again.

`python tests/gpu/pieces.py split FILE... --out DIR` and `python tests/gpu/pieces.py join DIR --out DIR`. A manifest
tells the SHA-256 of every piece and of every file, so that what was joined is what was split.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path

MIB = 1 << 20
PIECE_BYTES = 16 * MIB
MANIFEST_NAME = "manifest.json"


class PiecesError(Exception):
    """Pieces that are missing, damaged, or do not go where they should; the message says which and what to do."""


def split(files: list[Path], out: Path, *, most_bytes: int | None = None, most_files: int | None = None) -> list[str]:
    """Cut files into pieces `NAME.000`, `NAME.001`, ... of at most 16 MiB, beside a manifest of them all.

    Args:
        files: The most important first; names are unique.
        out: Folder of the pieces, made if it is missing; holds no manifest yet.
        most_bytes: What all pieces together may take; a file that no longer fits is left out. None for no limit.
        most_files: How many files `out` may hold in the end, the manifest among them.

    Returns:
        One line about each file left out.
    """
    out.mkdir(parents=True, exist_ok=True)
    if (out / MANIFEST_NAME).exists():
        raise PiecesError(f"{out}: already holds pieces. Choose another folder, or delete it.")
    room_bytes = most_bytes if most_bytes is not None else sys.maxsize
    room_files = (most_files if most_files is not None else sys.maxsize) - 1 - sum(1 for _ in out.iterdir())
    entries, left_out = [], []
    for file in files:
        size = file.stat().st_size
        count = max(1, -(-size // PIECE_BYTES))
        if size > room_bytes or count > room_files:
            left_out.append(f"{file.name} ({size / MIB:.1f} MiB in {count} pieces)")
            continue
        room_bytes, room_files = room_bytes - size, room_files - count
        entries.append(_split_one(file, out))
    manifest = {"files": entries, "left_out": left_out}
    (out / MANIFEST_NAME).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return left_out


def _split_one(file: Path, out: Path) -> dict[str, object]:
    whole, pieces = hashlib.sha256(), []
    with file.open("rb") as source:
        while (data := source.read(PIECE_BYTES)) or not pieces:
            name = f"{file.name}.{len(pieces):03d}"
            (out / name).write_bytes(data)
            whole.update(data)
            pieces.append({"name": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()})
    return {"name": file.name, "bytes": file.stat().st_size, "sha256": whole.hexdigest(), "pieces": pieces}


def join(folder: Path, out: Path) -> list[Path]:
    """Put the files of a folder of pieces together; a file appears whole or not at all.

    Args:
        folder: Where the manifest and its pieces lie.
        out: Where the files go; none of them may exist there with other content.

    Returns:
        The files written, or found there as they should be.

    Raises:
        PiecesError: The manifest or a piece is missing or damaged, or a file is in the way.
    """
    manifest = folder / MANIFEST_NAME
    if not manifest.is_file():
        raise PiecesError(f"{folder}: no {MANIFEST_NAME}, so nothing tells what belongs together. Fetch it, too.")
    out.mkdir(parents=True, exist_ok=True)
    joined = []
    for entry in json.loads(manifest.read_text(encoding="utf-8"))["files"]:
        target = out / Path(entry["name"]).name
        if target.exists():
            if hashlib.sha256(target.read_bytes()).hexdigest() != entry["sha256"]:
                raise PiecesError(f"{target}: is in the way and is another file. Choose another folder.")
        else:
            partial = target.with_name(f".{target.name}.part")
            try:
                _join_one(folder, entry, partial)
                partial.rename(target)
            finally:
                partial.unlink(missing_ok=True)
        joined.append(target)
    return joined


def _join_one(folder: Path, entry: dict, target: Path) -> None:
    whole = hashlib.sha256()
    with target.open("wb") as file:
        for piece in entry["pieces"]:
            path = folder / piece["name"]
            if not path.is_file():
                raise PiecesError(f"{path}: this piece of {entry['name']} is missing. Fetch it again.")
            data = path.read_bytes()
            if hashlib.sha256(data).hexdigest() != piece["sha256"]:
                raise PiecesError(f"{path}: this piece of {entry['name']} is damaged. Fetch it again.")
            whole.update(data)
            file.write(data)
    if whole.hexdigest() != entry["sha256"]:
        raise PiecesError(f"{folder / MANIFEST_NAME}: its pieces do not make up {entry['name']}. Fetch all again.")


def main() -> int:
    """Split or join, as asked; 3 is bad input."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["split", "join"])
    parser.add_argument("paths", type=Path, nargs="+", help="files to split, or the one folder to join")
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    try:
        if chosen.what == "split":
            split(chosen.paths, chosen.out)
        else:
            for folder in chosen.paths:
                for file in join(folder, chosen.out):
                    sys.stdout.write(f"{file}\n")
    except (PiecesError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
