"""NSE's bhavcopy archives: one zipped CSV for each session, in the layout of that time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tradertape_server.features.market.data_sets.store import write_atomically
from tradertape_server.features.market.fetching.downloads import (
    Downloader,
    DownloadFailed,
    Sleep,
)
from tradertape_server.features.market.fetching.request import FetchReport
from tradertape_server.features.market.progress import Progress

BASE_URL = "https://nsearchives.nseindia.com"
# The old layout's last file is that of 2024-07-05 (NSE circular 62424 on the UDiFF formats).
UDIFF_FROM = date(2024, 7, 8)
_BOTH_FROM = date(2024, 1, 1)  # some days of 2024 exist in the other layout only
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")

# The archive refuses clients that do not look like a browser.
HEADERS = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0 Safari/537.36",
    "Accept": "*/*",
    "Accept-Language": "en-IN,en;q=0.9",
    "Referer": "https://www.nseindia.com/all-reports",
}


def old_path(day: date) -> str:
    """Path of a day's bhavcopy in the layout up to July 2024."""
    month = _MONTHS[day.month - 1]
    name = f"cm{day:%d}{month}{day:%Y}bhav.csv.zip"
    return f"/content/historical/EQUITIES/{day:%Y}/{month}/{name}"


def udiff_path(day: date) -> str:
    """Path of a day's bhavcopy in the UDiFF layout."""
    return f"/content/cm/BhavCopy_NSE_CM_0_0_0_{day:%Y%m%d}_F_0000.csv.zip"


def index_path(day: date) -> str:
    """Path of the day's closing values of every index."""
    return f"/content/indices/ind_close_all_{day:%d%m%Y}.csv"


def paths_of(day: date) -> list[str]:
    """Paths at which a day's file may be, the likeliest first."""
    both = [old_path(day), udiff_path(day)]
    if day >= UDIFF_FROM:
        both.reverse()
    return both if day >= _BOTH_FROM else both[:1]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One file to download. name: for the report; target: where to store it; paths: to try."""

    name: str
    target: Path
    paths: list[str]
    is_whole: Callable[[bytes], bool]


def download_bhavcopies(
    days: list[date],
    folder: Path,
    report: FetchReport,
    progress: Progress,
    *,
    base_url: str,
    sleep: Sleep,
    indices: bool,
) -> list[Path]:
    """Download the days' files into `folder`, except existing ones. Returns all available files."""
    base = (base_url or BASE_URL).rstrip("/")
    files: list[Path] = []
    wanted = [one for day in days for one in _wanted(day, folder, indices=indices)]
    with Downloader(HEADERS, sleep=sleep) as downloader:
        for done, one in enumerate(wanted):
            progress(f"NSE {one.name}", done, len(wanted))
            if one.target.is_file():
                report.kept += 1
                files.append(one.target)
                continue
            try:
                content = _first_found(downloader, base, one)
            except DownloadFailed as error:
                report.failed.append(f"{one.name}: {error}")
                continue
            if content is None:
                report.absent.append(one.name)
                continue
            write_atomically(one.target, content)
            report.downloaded += 1
            files.append(one.target)
    return files


def _wanted(day: date, folder: Path, *, indices: bool) -> list[_Wanted]:
    year = folder / f"{day:%Y}"
    prices = _Wanted(str(day), year / f"{day}.csv.zip", paths_of(day), is_whole_zip)
    if not indices:
        return [prices]
    target = year / f"{day}-indices.csv"
    return [prices, _Wanted(f"{day} indices", target, [index_path(day)], is_index_csv)]


def _first_found(downloader: Downloader, base: str, wanted: _Wanted) -> bytes | None:
    for path in wanted.paths:
        content = downloader.get(base + path, is_whole=wanted.is_whole)
        if content is not None:
            return content
    return None


def is_whole_zip(content: bytes) -> bool:
    """Whether a zip is complete and its files pass their checksums."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.testzip() is None and bool(archive.namelist())
    except zipfile.BadZipFile:
        return False


def is_index_csv(content: bytes) -> bool:
    """Whether the content is a complete list of index values, not a web page."""
    return content[:40].lower().lstrip(b"\xef\xbb\xbf").startswith(b"index name") and (
        content.rstrip(b"\r\n").count(b"\n") > 0
    )
