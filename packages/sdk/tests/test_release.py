"""What a release stands on: one version everywhere, a wheel that works, and a workflow."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CHECK = ROOT / "scripts" / "check_worker_sdk_version_refs.py"
SMOKE = ROOT / "scripts" / "smoke_worker_sdk.py"
WORKFLOW = ROOT / ".github" / "workflows" / "publish-tradertape-worker.yml"

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="a release is made with the checkout's own Python"
)


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=600, check=False
    )


def test_every_reference_of_this_checkout_names_one_version():
    done = run(sys.executable, CHECK)
    assert done.returncode == 0, done.stderr
    assert "every place agrees" in done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A small checkout of version 1.2.3, on which the check is run."""
    files = {
        "packages/sdk/pyproject.toml": '[project]\nname = "tradertape-worker"\nversion = "1.2.3"\n',
        "packages/sdk/src/kite_algo_worker/_version.py": '__version__ = "1.2.3"\n',
        "packages/sdk/CHANGELOG.md": "# Changes\n\n## 1.2.3\n\n- New.\n\n## 1.2.2\n",
        "packages/sdk/README.md": "pip install tradertape-worker==1.2.3\n",
        "packages/sdk/examples/one.py": "# needs tradertape-worker[indicators]==1.2.3\n",
        "docs/sdk.md": "It takes the place of kite-algo-worker 0.7.4.\n",
        ".github/workflows/publish.yml": "# tradertape-worker-vX.Y.Z\n",
        "uv.lock": '[[package]]\nname = "tradertape-worker"\nversion = "1.2.3"\n',
        "scripts/check.py": CHECK.read_text(),
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_a_checkout_that_agrees_passes(checkout):
    done = run(sys.executable, checkout / "scripts/check.py", "--tag", "tradertape-worker-v1.2.3")
    assert (done.returncode, done.stderr) == (0, "")


CHANGES = {
    "the package": (
        "packages/sdk/src/kite_algo_worker/_version.py", '__version__ = "1.2.2"',
        "packages/sdk/src/kite_algo_worker/_version.py: __version__ is 1.2.2",
    ),
    "the changelog": (
        "packages/sdk/CHANGELOG.md", "# Changes\n\n## 1.2.2\n",
        "packages/sdk/CHANGELOG.md: the latest release is 1.2.2: write a `## 1.2.3`",
    ),
    "an empty changelog": (
        "packages/sdk/CHANGELOG.md", "# Changes\n", "the latest release is none",
    ),
    "the README": (
        "packages/sdk/README.md", 'Hello.\npip install "tradertape-worker[dataframe]==1.2.0"',
        "packages/sdk/README.md:2: tradertape-worker[dataframe]==1.2.0",
    ),
    "an example": (
        "packages/sdk/examples/deep/two.py", "# tradertape-worker == 2.0",
        "packages/sdk/examples/deep/two.py:1: tradertape-worker == 2.0",
    ),
    "the docs": (
        "docs/guides/new.md", "git tag tradertape-worker-v1.2.4",
        "docs/guides/new.md:1: tradertape-worker-v1.2.4",
    ),
    "a workflow": (
        ".github/workflows/other.yml", "run: pip install tradertape-worker==9.9",
        ".github/workflows/other.yml:1: tradertape-worker==9.9",
    ),
    "the lock file": (
        "uv.lock", '[[package]]\nname = "tradertape-worker"\nversion = "1.2.2"\n',
        "uv.lock: tradertape-worker is 1.2.2: run `uv lock`",
    ),
    "no lock of it": ("uv.lock", "package = []\n", "uv.lock: tradertape-worker is none"),
    "the project itself": (
        "packages/sdk/pyproject.toml", '[project]\nversion = "next"\n', "'next' is no version",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_place_that_differs_is_named(checkout, name):
    path, text, expected = CHANGES[name]
    (checkout / path).parent.mkdir(parents=True, exist_ok=True)
    (checkout / path).write_text(text)
    done = run(sys.executable, checkout / "scripts/check.py")
    assert done.returncode == 1
    assert expected in done.stderr
    assert "mend the places above" in done.stderr


def test_a_tag_that_is_not_the_version_is_refused(checkout):
    done = run(sys.executable, checkout / "scripts/check.py", "--tag", "tradertape-worker-v1.2.4")
    assert done.returncode == 1
    assert "the tag is tradertape-worker-v1.2.4, and not tradertape-worker-v1.2.3" in done.stderr


@pytest.mark.slow
def test_the_wheel_works_in_clean_environments(tmp_path):
    """KC-07."""
    done = run(sys.executable, SMOKE, "--out", tmp_path / "dist")
    if "Failed to fetch" in done.stderr or "dns error" in done.stderr:
        pytest.skip(f"what it depends on could not be fetched: {done.stderr}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(" works on Python ") == 3
    built = sorted(path.suffix for path in (tmp_path / "dist").glob("*_*-*"))
    assert built == [".gz", ".gz", ".whl", ".whl"]


def other_pythons() -> list[str]:
    """The oldest and the newest Python of this machine that the SDK is for, but for this one."""
    found: dict[str, str] = {}
    versions = Path.home() / ".pyenv" / "versions"
    for minor in range(9, 20):
        if minor == sys.version_info.minor:
            continue
        name = f"python3.{minor}"
        for path in (*versions.glob(f"3.{minor}.*/bin/python"), Path(shutil.which(name) or "")):
            if path.is_file() and run(path, "--version").stdout.startswith(f"Python 3.{minor}."):
                found.setdefault(name, str(path))
    chosen = list(found.values())
    return list(dict.fromkeys([*chosen[:1], *chosen[-1:]]))


@pytest.mark.slow
@pytest.mark.parametrize("python", other_pythons(), ids=lambda path: Path(path).parts[-3])
def test_the_wheel_works_on_the_oldest_and_the_newest_python(python):
    """KC-07."""
    done = run(sys.executable, SMOKE, "--python", python, "--extra", "dataframe")
    if "Failed to fetch" in done.stderr or "dns error" in done.stderr:
        pytest.skip(f"what it depends on could not be fetched: {done.stderr}")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def workflow():
    import yaml  # comes with the documentation's tools

    return yaml.safe_load(WORKFLOW.read_text())


def test_the_workflow_runs_for_tags_of_the_sdk_alone(workflow):
    triggers = workflow[True]  # YAML 1.1 reads `on` so
    assert triggers == {"push": {"tags": ["tradertape-worker-v[0-9]+.[0-9]+.[0-9]+*"]}}


def test_the_workflow_checks_builds_and_tries_before_it_publishes(workflow):
    build, publish = workflow["jobs"]["build"], workflow["jobs"]["publish"]
    commands = "\n".join(step.get("run", "") for step in build["steps"])
    order = [commands.index(part) for part in ("version_refs.py --tag", "pytest", "smoke_worker")]
    assert order == sorted(order)
    assert publish["needs"] == "build"
    for script in ("check_worker_sdk_version_refs.py", "smoke_worker_sdk.py"):
        assert (ROOT / "scripts" / script).is_file()
        assert f"scripts/{script}" in commands


def test_the_workflow_publishes_by_trust_and_stores_no_token(workflow):
    assert workflow["permissions"] == {}
    build, publish = workflow["jobs"]["build"], workflow["jobs"]["publish"]
    assert build["permissions"] == {"contents": "read"}
    assert publish["permissions"] == {"id-token": "write"}
    assert publish["environment"] == "pypi"
    uses = [step["uses"] for step in publish["steps"]]
    assert uses[1:] == ["pypa/gh-action-pypi-publish@release/v1"] * 2
    assert "secrets." not in WORKFLOW.read_text()
    assert [step["with"]["packages-dir"] for step in publish["steps"][1:]] == [
        "upload/indicators/",
        "upload/sdk/",
    ]
