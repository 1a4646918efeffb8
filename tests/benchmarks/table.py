"""Print the README's tables of seconds and memory from what `make benchmark` measured.

python tests/benchmarks/table.py tests/benchmarks/results.json
"""

import json
import sys
from pathlib import Path


def main(path: Path) -> None:
    results = {entry["name"]: entry for entry in json.loads(path.read_text(encoding="utf-8"))["benchmarks"]}

    def value(name: str, key: str) -> float:
        entry = results[name]
        return entry["extra_info"][key] if key in entry["extra_info"] else entry["stats"][key]

    print("| page | seconds, warm | peak memory | above the loaded model |\n|---|---|---|---|")
    sizes = [name[len("test_whole_page[") : -1] for name in results if name.startswith("test_whole_page[")]
    for size in sizes:
        seconds = value(f"test_whole_page[{size}]", "median")
        memory = [value(f"test_peak_memory[{size}-all]", key) for key in ("peak_mib", "above_model_mib")]
        print(f"| {size} | {seconds:.2f} | {memory[0]:.0f} MiB | {memory[1]:.0f} MiB |")
    print("\n| stage of 1.6 MP | milliseconds |\n|---|---|")
    stages = [name[len("test_stage[") : -1] for name in results if name.startswith("test_stage[")]
    for stage in stages:
        print(f"| {stage} | {1000 * value(f'test_stage[{stage}]', 'median'):.0f} |")
    finish = sum(value(f"test_stage[{stage}]", "median") for stage in stages if stage != "predict")
    memory = value("test_peak_memory[1.6 MP-finish]", "above_model_mib")
    print(f"\nAll stages but the prediction: {finish:.2f} s, {memory:.0f} MiB above the loaded model.")
    whole, network = (value("test_chapter", key) for key in ("seconds", "network_seconds"))
    print(f"\nA chapter of 20 pages of 1.6 MP: {whole:.1f} s, {whole / network:.2f} times what the pages take alone.")
    few, many = (value(f"test_book_memory[{pages}]", "peak_mib") for pages in (20, 500))
    print(f"Peak memory of a book of 20 small pages {few:.0f} MiB, of 500 {many:.0f} MiB.")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
