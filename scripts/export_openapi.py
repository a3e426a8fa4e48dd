"""Write the API's OpenAPI file for the web client, or with --check fail where it is out of date."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from tradertape_server.main import create_app
from tradertape_server.settings import Settings

TARGET = Path(__file__).parent.parent / "web" / "packages" / "api" / "openapi.json"


def current() -> str:
    """The OpenAPI document of the application as it stands, one stable text."""
    with tempfile.TemporaryDirectory() as home:
        app = create_app(Settings(home=Path(home)))
        return json.dumps(app.openapi(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def main() -> int:
    text = current()
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if TARGET.read_text(encoding="utf-8") == text:
        return 0
    print(f"{TARGET.name} is out of date: run `make api` and commit what it changes.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
