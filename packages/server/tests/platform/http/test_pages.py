"""Static pages: console, documentation, API reference; with and without built files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tradertape_server.platform.http.pages import file_in

ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


class TestPages:
    @pytest.fixture
    def overrides(self, tmp_path: Path) -> dict[str, Any]:
        console, docs = tmp_path / "console", tmp_path / "docs"
        (console / "assets").mkdir(parents=True)
        (docs / "guide").mkdir(parents=True)
        (console / "index.html").write_text("<title>console</title>" + "x" * 2000)
        (console / "assets" / "app-1a2b.js").write_text("start()")
        (console / "favicon.svg").write_text("<svg/>")
        (docs / "index.html").write_text("docs home")
        (docs / "guide" / "index.html").write_text("guide")
        (tmp_path / "secret.txt").write_text("secret")
        return {"console_dir": console, "docs_dir": docs}

    @ON_SQLITE
    def test_the_console_answers_for_its_own_routes(self, client: TestClient) -> None:
        for path in ("/", "/strategies/4", "/sign-in/verify?token=x", "/backtests/new"):
            page = client.get(path)
            assert "console" in page.text
            assert page.headers["Cache-Control"] == "no-cache"
        assert client.get("/", headers={"Accept-Encoding": "gzip"}).headers["Content-Encoding"]

    @ON_SQLITE
    def test_hashed_files_are_kept_and_missing_ones_are_missing(self, client: TestClient) -> None:
        script = client.get("/assets/app-1a2b.js")
        assert "immutable" in script.headers["Cache-Control"]
        assert script.headers["Content-Type"].startswith("text/javascript")
        assert client.get("/favicon.svg").headers["Cache-Control"] == "no-cache"
        assert client.get("/assets/app-gone.js").status_code == 404
        assert client.get("/robots.txt").status_code == 404
        assert client.head("/").status_code == 200

    @ON_SQLITE
    def test_the_docs_are_served_with_their_folders(self, client: TestClient) -> None:
        assert client.get("/docs").text == "docs home"
        assert client.get("/docs/guide").url.path == "/docs/guide/"
        assert client.get("/docs/guide/").text == "guide"
        assert client.get("/docs/nothing/").status_code == 404

    @ON_SQLITE
    @pytest.mark.parametrize(
        "path",
        ["/..%2fsecret.txt", "/docs/..%2f..%2fsecret.txt", "/assets/%2e%2e/%2e%2e/secret.txt"],
    )
    def test_no_path_leads_out_of_the_folder(self, client: TestClient, path: str) -> None:
        answer = client.get(path)
        assert "secret" not in answer.text

    def test_a_link_out_of_the_folder_is_not_followed(self, tmp_path: Path) -> None:
        folder = tmp_path / "site"
        folder.mkdir()
        (tmp_path / "secret.txt").write_text("secret")
        (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
        (folder / "own.txt").write_text("own")
        assert file_in(folder, "link.txt") is None
        assert file_in(folder, "../secret.txt") is None
        assert file_in(folder, "own\0.txt") is None
        assert file_in(folder, "own.txt") == folder / "own.txt"


@ON_SQLITE
class TestWithoutBuiltPages:
    @pytest.fixture
    def overrides(self, tmp_path: Path) -> dict[str, Any]:
        return {"console_dir": tmp_path / "none", "docs_dir": tmp_path / "none"}

    def test_the_first_page_says_how_to_get_the_console(self, client: TestClient) -> None:
        page = client.get("/")
        assert page.status_code == 200
        assert "make web" in page.text
        assert "/api/docs" in page.text
        assert client.get("/docs/").status_code == 404

    def test_the_api_describes_itself_without_the_internet(self, client: TestClient) -> None:
        """AU-17: OpenAPI at /api/docs, /api/redoc, /api/openapi.json; every script is ours."""
        assert client.get("/api/openapi.json").json()["openapi"].startswith("3.")
        for path in ("/api/docs", "/api/redoc"):
            page = client.get(path).text
            assert "http:" not in page
            assert "https:" not in page
            sources = re.findall(r'(?:src|href)="(/[^"]+)"', page)
            assert sources
            assert all(client.get(source).status_code == 200 for source in sources)

    def test_no_endpoint_shows_the_database(self, client: TestClient) -> None:
        """EC-06."""
        paths = client.get("/api/openapi.json").json()["paths"]
        assert not [path for path in paths if re.search(r"sql|schema|query|dump", path)]
