"""Print the tables of seconds and memory in docs/measurements.md from what `make benchmark` measured.

python tests/benchmarks/table.py tests/benchmarks/results.json
"""

import json
import sys
from pathlib import Path

STAGES = ("separate", "find", "predict", "decide", "finish")


def main(path: Path) -> None:
    results = {entry["name"]: entry for entry in json.loads(path.read_text(encoding="utf-8"))["benchmarks"]}

    def value(name: str, key: str) -> float:
        entry = results[name]
        return entry["extra_info"][key] if key in entry["extra_info"] else entry["stats"][key]

    def those(test: str) -> list[str]:
        """List the parameters of a benchmark, in the order it ran."""
        return [name[len(test) + 1 : -1] for name in results if name.startswith(test + "[")]

    print("| page | | seconds, warm | peak memory | above the loaded model |\n|---|---|---|---|---|")
    sizes = list(dict.fromkeys(case.rpartition("-")[0] for case in those("test_peak_memory")))
    for size in sizes:
        for way in ("panels", "fast", "finish"):
            memory = [value(f"test_peak_memory[{size}-{way}]", key) for key in ("peak_mib", "above_model_mib")]
            case = f"test_whole_page[{size}-{way}]"
            seconds = f"{value(case, 'median'):.2f}" if case in results else "–"
            told = {"panels": "", "fast": "--fast", "finish": "without prediction"}[way]
            print(f"| {size} | {told} | {seconds} | {memory[0]:.0f} MiB | {memory[1]:.0f} MiB |")
    print("\n| stage of 1.6 MP | milliseconds |\n|---|---|")
    for stage in those("test_stage"):
        print(f"| {stage} | {1000 * value(f'test_stage[{stage}]', 'median'):.0f} |")
    parts = sum(value(f"test_stage[{stage}]", "median") for stage in STAGES)
    page = value("test_whole_page[1.6 MP-panels]", "median")
    print(f"\nAll stages together: {parts / page:.0%} of the whole page.")
    whole, network = (value("test_chapter", key) for key in ("seconds", "network_seconds"))
    print(f"\nA chapter of 20 pages of 1.6 MP: {whole:.1f} s, {whole / network:.2f} times what the pages take alone.")
    few, many = (value(f"test_book_memory[{pages}]", "peak_mib") for pages in (20, 200))
    print(f"Peak memory of a book of 20 small pages {few:.0f} MiB, of 200 {many:.0f} MiB.")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
