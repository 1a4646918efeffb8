"""Help in sections: what most people need first, and whatever else there is below it."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

MORE = "More"
"""`rich_help_panel` of options that few people need."""


class InSections(TyperCommand):
    """A command that tells options of the panel `MORE` after the others; without rich, typer itself has no panels."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options."""
        sections: dict[str, list[tuple[str, str]]] = {"Options": [], MORE: []}
        for option in self.get_params(ctx):
            if (told := option.get_help_record(ctx)) is not None:
                panel = getattr(option, "rich_help_panel", None)
                sections[MORE if panel == MORE else "Options"].append(told)
        for title, rows in sections.items():
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)
