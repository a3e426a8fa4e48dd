"""Check that every place that names the SDK's version names the same one.

    .venv/bin/python scripts/check_worker_sdk_version_refs.py [--tag tradertape-worker-vX.Y.Z]

The version is that of `packages/sdk/pyproject.toml`. Looked at are the package's own `__version__`,
its changelog, `uv.lock`, the tag if one is given, and everything a reader would copy from: pinned
installs (`tradertape-worker==X.Y.Z`) and tags in the docs, the READMEs, the examples and the
workflows. Exit code 1 and a line for each place that differs; 0 if all agree.
"""

from __future__ import annotations

import argparse
import re
import runpy
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAME = "tradertape-worker"
SDK = Path("packages/sdk")
NUMBER = r"\d+(?:\.\d+)+(?:(?:a|b|rc|\.post|\.dev)\d+)?"
VERSION = re.compile(rf"^{NUMBER}$")
PINNED = re.compile(rf"tradertape-worker(?:\[[\w, ]*\])?\s*==\s*({NUMBER})")
TAGGED = re.compile(rf"tradertape-worker-v({NUMBER})")
HEADING = re.compile(rf"^## \[?({NUMBER})\b", re.MULTILINE)
COPIED = ("README.md", "docs/**/*.md", ".github/workflows/*.yml", f"{SDK}/README.md",
          f"{SDK}/examples/**/*", f"{SDK}/src/**/*.py")  # fmt: skip


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tag", help="the tag that is being released")
    given = parser.parse_args(arguments)
    version = tomllib.loads((root / SDK / "pyproject.toml").read_text())["project"]["version"]
    problems = [*differences(root, version), *tag_problems(given.tag, version)]
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        print(f"{SDK}/pyproject.toml says {version}: mend the places above.", file=sys.stderr)
        return 1
    print(f"{NAME} {version}: every place agrees.")
    return 0


def differences(root: Path, version: str) -> Iterator[str]:
    """Yield a line for each place that names another version."""
    if not VERSION.match(version):
        yield f"{SDK}/pyproject.toml: {version!r} is no version"
    yield from _of_package(root, version)
    yield from _of_changelog(root, version)
    yield from _of_lock(root, version)
    for path in sorted({path for pattern in COPIED for path in root.glob(pattern)}):
        if path.is_file():
            yield from _of_text(path, path.relative_to(root), version)


def tag_problems(tag: str | None, version: str) -> Iterator[str]:
    """Yield what is wrong with the tag of a release."""
    if tag is not None and tag != f"{NAME}-v{version}":
        yield f"the tag is {tag}, and not {NAME}-v{version}"


def _of_package(root: Path, version: str) -> Iterator[str]:
    path = root / SDK / "src" / "kite_algo_worker" / "_version.py"
    named = runpy.run_path(str(path))["__version__"]
    if named != version:
        yield f"{path.relative_to(root)}: __version__ is {named} (of what is installed: `uv sync`)"


def _of_changelog(root: Path, version: str) -> Iterator[str]:
    path = root / SDK / "CHANGELOG.md"
    found = HEADING.search(path.read_text())
    latest = found.group(1) if found else "none"
    if latest != version:
        yield f"{path.relative_to(root)}: the latest release is {latest}: write a `## {version}`"


def _of_lock(root: Path, version: str) -> Iterator[str]:
    packages = tomllib.loads((root / "uv.lock").read_text())["package"]
    locked = next((one["version"] for one in packages if one["name"] == NAME), "none")
    if locked != version:
        yield f"uv.lock: {NAME} is {locked}: run `uv lock`"


def _of_text(path: Path, shown: Path, version: str) -> Iterator[str]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        for found in (*PINNED.finditer(line), *TAGGED.finditer(line)):
            if found.group(1) != version:
                yield f"{shown}:{number}: {found.group(0)}"


if __name__ == "__main__":
    sys.exit(main())
