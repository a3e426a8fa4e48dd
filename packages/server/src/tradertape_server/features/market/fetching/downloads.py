"""Downloads: one request at a time, with pauses, and retries where they may help."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

import httpx

Sleep = Callable[[float], None]
ATTEMPTS = 4
PAUSE_S = 0.35  # between requests: three a second at most
TIMEOUT_S = 30.0
_FIRST_WAIT_S = 2.0
_LONGEST_WAIT_S = 60.0
_MAX_BYTES = 64_000_000


class DownloadFailed(Exception):
    """The source does not deliver the file at present; the message says why."""


class Downloader:
    """Fetches files over one connection. Retries busy and incomplete responses, never a refusal."""

    def __init__(self, headers: Mapping[str, str], *, sleep: Sleep = time.sleep) -> None:
        self._client = httpx.Client(headers=dict(headers), timeout=TIMEOUT_S, follow_redirects=True)
        self._sleep = sleep
        self._asked = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def get(self, url: str, *, is_whole: Callable[[bytes], bool]) -> bytes | None:
        """Download the file at a URL; None if it does not exist (404). Raises DownloadFailed.

        is_whole: distinguishes a complete file from a truncated one, which is requested again.
        """
        why = ""
        for attempt in range(ATTEMPTS):
            if self._asked:
                self._sleep(PAUSE_S)
            self._asked = True
            try:
                response = self._client.get(url)
            except httpx.HTTPError as error:
                why = str(error) or type(error).__name__
                self._wait(attempt)
                continue
            if response.status_code == httpx.codes.NOT_FOUND:
                return None
            if response.is_success and len(response.content) <= _MAX_BYTES:
                if is_whole(response.content):
                    return response.content
                why = "the downloaded file is damaged"
            elif response.status_code == httpx.codes.TOO_MANY_REQUESTS or response.is_server_error:
                why = f"the source responds with status {response.status_code}"
            else:
                raise DownloadFailed(f"the source responds with status {response.status_code}")
            self._wait(attempt, response.headers.get("retry-after", ""))
        raise DownloadFailed(f"{why} ({ATTEMPTS} attempts)")

    def _wait(self, attempt: int, asked: str = "") -> None:
        if attempt + 1 < ATTEMPTS:
            requested = float(asked) if asked.isdigit() else _FIRST_WAIT_S * 2**attempt
            self._sleep(min(requested, _LONGEST_WAIT_S))
