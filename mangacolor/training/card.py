"""The card beside weights: what they are, on what they were trained, and how to make them again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def write_card(facts: Mapping[str, Any], digest: str) -> str:
    """Return the Markdown card of a weights file from the facts in its header."""
    sources = "\n".join(f"| {name} | {count} |" for name, count in sorted(facts["sources"].items()))
    loss = "none held out" if facts["validation_loss"] is None else f"{facts['validation_loss']:.4f}"
    if facts["validation_loss"] is not None and not facts.get("learnt_is_all", True):
        loss += "; what it started from does not list all that it learnt: pictures held out may be among it"
    return f"""# mangacolor weights

| | |
|---|---|
| made by | mangacolor {facts["version"]} |
| command | `{facts["command"]}` |
| images seen | {facts["images_seen"]:,} |
| minutes of training | {facts["minutes"]} |
| machine | {facts["machine"]} |
| seed | {facts["seed"]} |
| loss on held-out pictures | {loss} |
| data | {facts["data"]} ({facts["pictures"]:,} pictures trained on) |
| licence of the data | {facts["data_licence"]} |
| started from | {facts["initialised_from"] or "random weights"} |
| colours kept from | {facts.get("colours_kept_from") or "no other weights"} |
| SHA-256 of the contents | `{digest}` |

## Pictures by source

| source | pictures |
|---|---|
{sources}

## Recipe

```json
{json.dumps(facts["train_config"], indent=2)}
```
"""
