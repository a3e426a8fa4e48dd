"""Puts the local UI's built pages into the wheel: they are never in git."""

from __future__ import annotations

from pathlib import Path
from typing import Any

# Only the environment that builds a wheel has it.
from hatchling.builders.hooks.plugin.interface import (  # pyright: ignore[reportMissingImports]
    BuildHookInterface,
)


class BuiltPages(BuildHookInterface):
    """`make web` builds the pages. A wheel without them says so when it is made and started."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the pages. An editable install takes them from the checkout."""
        if version == "editable":
            return
        built = Path(self.root).parents[1] / "web" / "apps" / "agent" / "dist"
        if (built / "index.html").is_file():
            build_data["force_include"][str(built)] = "tradertape_agent/web/built"
        else:
            self.app.display_warning(f"{built} is not built: this wheel has no local UI")
