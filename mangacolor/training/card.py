"""The card beside weights: what they are, on what they were trained, and how to make them again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def write_card(facts: Mapping[str, Any], digest: str) -> str:
    """Return the Markdown card of a weights file from the facts in its header."""
    sources = "\n".join(f"| {name} | {count} |" for name, count in sorted(facts["sources"].items()))
    loss = facts["validation_loss"]
    return f"""# mangacolor weights

| | |
|---|---|
| made by | mangacolor {facts["version"]} |
| command | `{facts["command"]}` |
| images seen | {facts["images_seen"]:,} |
| minutes of training | {facts["minutes"]} |
| machine | {facts["machine"]} |
| seed | {facts["seed"]} |
| loss on held-out pictures | {"none held out" if loss is None else f"{loss:.4f}"} |
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
