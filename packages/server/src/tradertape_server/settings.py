"""Every setting of the server, in one typed place; `docs/settings.md` describes the same list.

Each is read from the environment as `TRADERTAPE_<NAME>`. Only `main.py`, `wiring` and the
command line read this file; everything below them is handed what it needs.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from ipaddress import ip_network
from pathlib import Path
from socket import gethostname
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Port = Annotated[int, Field(ge=1, le=65535)]
PositiveInt = Annotated[int, Field(ge=1)]


# The folder this code is in when it runs from a checkout, as `make run` does.
CHECKOUT = Path(__file__).parents[4]


class Settings(BaseSettings):
    """What can be set from outside, with defaults that suit one person on one machine."""

    model_config = SettingsConfigDict(
        env_prefix="TRADERTAPE_", env_ignore_empty=True, extra="ignore", frozen=True
    )

    # Storage
    home: Path = Field(
        default=Path("~/.tradertape"),
        description="The one folder that holds database, market data, keys, backups and outbox.",
    )
    database_url: str = Field(
        default="",
        description="SQLAlchemy URL. Empty: SQLite in the home folder. "
        "PostgreSQL: `postgresql://user:password@host/name`.",
    )
    disk_reserve_mb: Annotated[int, Field(ge=0, le=10_000)] = Field(
        default=32,
        description="Megabytes reserved beside a SQLite database. They are released when its disk "
        "is full, so that exits, cancellations and the kill switch still work. 0: none.",
    )
    console_dir: Path | None = Field(
        default=None, description="The folder of the built web console; default: the checkout's."
    )
    docs_dir: Path | None = Field(
        default=None, description="The folder of the built documentation; default: the checkout's."
    )
    sdk_wheels_dir: Path | None = Field(
        default=None,
        description="The folder of the SDK's wheels that `/sdk/simple/` serves; default: the "
        "checkout's.",
    )
    changelog_file: Path | None = Field(
        default=None, description="The changelog to publish; default: the checkout's."
    )
    data_set: str = Field(
        default="",
        description="The data set that new runs use. Empty: the active one (`tradertape data use "
        "NAME`), initially the simulated market.",
    )

    # Network
    host: str = Field(
        default="127.0.0.1",
        description="The address to listen on; `0.0.0.0` for every network of the machine.",
    )
    port: Port = Field(default=18777, description="The port to listen on.")
    public_url: str = Field(
        default="",
        description="The address that people open, used in sign-in links. Empty: "
        "`http://localhost:<port>`.",
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Further host names at which this server is reached, separated by commas; "
        "`.example.com` for every name below it. Those of the public URL, of the addresses and of "
        "this machine are known.",
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Addresses or networks of reverse proxies whose X-Forwarded-For and "
        "X-Forwarded-Proto are trusted, separated by commas.",
    )
    graceful_stop_s: PositiveInt = Field(
        default=20, description="Seconds that open requests have to finish when the server stops."
    )
    max_body_bytes: PositiveInt = Field(
        default=2 * 1024 * 1024,
        description="The largest request body in bytes; a larger one gets status 413.",
    )
    max_upload_bytes: PositiveInt = Field(
        default=25 * 1024 * 1024,
        description="The largest upload of files in bytes, all files of one request together.",
    )

    # Several processes
    role: Literal["all", "trader", "web"] = Field(
        default="all",
        description="What this process does. `all`: everything; while another process trades it is "
        "on standby. `trader`: the same without background jobs. `web`: never trades. More than "
        "one process requires PostgreSQL.",
    )
    redis_url: str = Field(
        default="",
        description="Redis, which carries prices and events between processes: "
        "`redis://:password@host:6379/0`. Empty: this is the only process.",
    )
    address: str = Field(
        default="",
        description="The address at which other processes reach this one. Empty: "
        "`http://<host>:<port>`, with the machine's name where it listens on every network.",
    )
    trader_lease_s: Annotated[float, Field(ge=1, le=60)] = Field(
        default=5.0,
        description="Seconds without a renewal by the trading process after which another takes "
        "over.",
    )

    # Live prices
    feed: Literal["simulated", "replay", "off"] = Field(
        default="simulated",
        description="The source of live prices: the simulated market, a recording, or none.",
    )
    feed_rate_hz: Annotated[float, Field(ge=0.1, le=10)] = Field(
        default=1.0, description="How many times a second live prices are polled."
    )
    feed_any_hour: bool = Field(
        default=True,
        description="Whether the simulated market also moves while the exchange is closed.",
    )
    feed_replay_file: Path | None = Field(
        default=None,
        description="The recording that `replay` plays: ticks (CSV) or candles (CSV, Parquet). "
        "Empty: the daily candles of the active data set.",
    )
    feed_replay_from: date | None = Field(
        default=None, description="The first day of candles to replay, `2025-01-01`."
    )
    feed_replay_to: date | None = Field(
        default=None, description="The last day of candles to replay."
    )
    feed_replay_symbols: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Shares and indices to replay, separated by commas. Empty: all.",
    )
    feed_replay_speed: Annotated[float, Field(gt=0, le=10_000)] = Field(
        default=1.0, description="How many times faster than real time a recording is played."
    )
    feed_replay_loop: bool = Field(
        default=False,
        description="Whether a recording restarts at its end, on the days that follow.",
    )

    feed_record_file: Path | None = Field(
        default=None,
        description="A file (CSV) that every live tick is appended to; `replay` can play it.",
    )

    # Paper market
    paper_partial_fills: bool = Field(
        default=False,
        description="Whether a paper order fills at most the quantity that the market shows; "
        "otherwise it fills completely.",
    )
    paper_queue_share: Annotated[Decimal, Field(ge=0, le=1)] = Field(
        default=Decimal(0),
        description="The share of the quantity shown at its price that is ahead of a resting paper "
        "order. 0: none. 1: all.",
    )
    paper_slippage_bps: Annotated[Decimal, Field(ge=0, le=1000)] = Field(
        default=Decimal(5),
        description="Basis points by which a paper market order fills worse than the last price, "
        "where the feed has no bid and ask.",
    )

    # Brokers
    live_enabled: bool = Field(
        default=False,
        description="Whether workers may trade accounts at real brokers. Accounts of a sandbox may "
        "be traded without it.",
    )
    sandbox_url: str = Field(
        default="",
        description="The sandbox whose brokers take the place of the real ones: "
        "`http://127.0.0.1:18900`, as `tradertape sandbox serve` prints it. The server then "
        "reaches no real broker.",
    )
    kite_root: str = Field(
        default="", description="The address of Kite's API. Empty: `https://api.kite.trade`."
    )
    kite_login_root: str = Field(
        default="",
        description="The address of Kite's login page. Empty: `https://kite.zerodha.com`.",
    )
    kite_ticker_root: str = Field(
        default="", description="The address of Kite's ticker. Empty: `wss://ws.kite.trade`."
    )
    upstox_root: str = Field(
        default="", description="The address of Upstox' API. Empty: its own hosts."
    )
    groww_root: str = Field(
        default="", description="The address of Groww's API. Empty: `https://api.groww.in`."
    )

    # Workers
    worker_compat: Literal["", "0.7.4"] = Field(
        default="",
        description="`0.7.4`: limit funds, profit and loss and order replies to the strict models "
        "of that version of the published client.",
    )

    # Accounts
    allow_signup: bool = Field(
        default=True,
        description="Whether an unknown address that requests a sign-in link gets an account.",
    )
    session_idle_days: PositiveInt = Field(
        default=30, description="Days without use after which a session ends."
    )
    session_max_days: PositiveInt = Field(
        default=180, description="Days after which a session ends even when it is used."
    )

    # Mail
    smtp_host: str = Field(
        default="",
        description="The mail server. Empty: mails are written to the outbox folder and their "
        "sign-in links are printed.",
    )
    smtp_port: Port = Field(default=587, description="The mail server's port.")
    smtp_user: str = Field(default="", description="The name to sign in to the mail server with.")
    smtp_password: SecretStr = Field(
        default=SecretStr(""), description="The password to sign in to the mail server with."
    )
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="How the connection to the mail server is secured."
    )
    smtp_from: str = Field(
        default="TraderTape <no-reply@localhost>", description="The sender of our mails."
    )

    # Notifications
    telegram_root: str = Field(
        default="",
        description="The address of Telegram's Bot API. Empty: `https://api.telegram.org`.",
    )
    notify_private_addresses: bool = Field(
        default=False,
        description="Whether webhooks and Apprise URLs may lead to private networks and to any "
        "port. Whoever has an account can then reach what this machine can.",
    )

    # Request limits
    requests_per_minute: PositiveInt = Field(
        default=1200,
        description="Requests per minute of one key or session in each class: safety (exits, "
        "cancellations, kill switches, heartbeats, agents' reports), orders, reads, console. All "
        "keys of an account have twice that, safety apart. Beyond that the status is 429.",
    )
    anonymous_requests_per_minute: PositiveInt = Field(
        default=300, description="Requests per minute of one address that is not signed in."
    )

    # Logs and metrics
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least serious messages that are logged."
    )
    log_format: Literal["console", "json"] = Field(
        default="console", description="Lines for people, or JSON for a log collector."
    )
    metrics: Literal["local", "public", "off"] = Field(
        default="local",
        description="Who may read /metrics (Prometheus): `local` this machine, `public` everybody, "
        "`off` nobody.",
    )

    # Background work
    workers: int = Field(
        default=0,
        ge=0,
        description="Processes for parameter sweeps. 0: one per processor.",
    )
    ray_address: str = Field(
        default="",
        description="The Ray cluster for sweeps (`auto`, `ray://host:10001`). Empty: this machine.",
    )

    @field_validator(
        "home",
        "console_dir",
        "docs_dir",
        "sdk_wheels_dir",
        "changelog_file",
        "feed_replay_file",
        "feed_record_file",
    )
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().resolve()

    @field_validator("allowed_hosts", "trusted_proxies", "feed_replay_symbols", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ip_network(network, strict=False)
        return value

    @field_validator("database_url")
    @classmethod
    def _driver(cls, value: str) -> str:
        # The driver is ours to choose; people paste the URL their host shows them.
        for prefix in ("postgres://", "postgresql://"):
            if value.startswith(prefix):
                return "postgresql+psycopg://" + value.removeprefix(prefix)
        return value

    @field_validator(
        "sandbox_url", "kite_root", "kite_login_root", "kite_ticker_root", "upstox_root",
        "groww_root", "telegram_root",
    )  # fmt: skip
    @classmethod
    def _is_url(cls, value: str, field: ValidationInfo) -> str:
        wanted = ("ws", "wss") if field.field_name == "kite_ticker_root" else ("http", "https")
        if value and (urlsplit(value).scheme not in wanted or not urlsplit(value).hostname):
            raise ValueError(
                f"must be an address that begins with {wanted[0]}:// or {wanted[1]}://"
            )
        return value.rstrip("/")

    @model_validator(mode="after")
    def _possible_role(self) -> Self:
        if self.role != "all" and not self.database_url.startswith("postgresql"):
            raise ValueError(
                f"TRADERTAPE_ROLE={self.role} wants PostgreSQL: set TRADERTAPE_DATABASE_URL"
            )
        return self

    @property
    def effective_address(self) -> str:
        """Where the other processes reach this one, without a slash at its end."""
        everywhere = self.host in {"0.0.0.0", "::", ""}  # noqa: S104 - compared, not listened on
        host = gethostname() if everywhere else self.host
        named = f"[{host}]" if ":" in host else host
        return (self.address or f"http://{named}:{self.port}").rstrip("/")

    @property
    def host_names(self) -> tuple[str, ...]:
        """The hosts that requests may name, but for loopback's and the address listened on."""
        urls = (self.effective_public_url, self.effective_address)
        known = [host for url in urls if (host := urlsplit(url).hostname)]
        machine = gethostname()
        return (*known, machine, f"{machine}.local", *self.allowed_hosts)

    @property
    def is_open_to_strangers(self) -> bool:
        """Whether anybody on the machine's networks can make an account."""
        return self.allow_signup and not _is_loopback(self.host)

    @property
    def is_for_this_machine(self) -> bool:
        """Whether browsers of this machine alone reach the server: no network, and no proxy."""
        public = urlsplit(self.effective_public_url).hostname or ""
        hosts = (self.host, public, *self.allowed_hosts)
        return all(map(_is_loopback, hosts)) and not self.trusted_proxies

    @property
    def broker_roots(self) -> dict[str, str]:
        """The addresses of brokers that are set, by the names of their variables."""
        names = ("kite", "kite_login", "kite_ticker", "upstox", "groww")
        return {f"TRADERTAPE_{name.upper()}_ROOT": getattr(self, f"{name}_root") for name in names}

    @property
    def effective_home(self) -> Path:
        """The home folder, absolute."""
        return self.home.expanduser().resolve()

    @property
    def effective_database_url(self) -> str:
        """The database's URL: the one set, else SQLite in the home folder."""
        return self.database_url or f"sqlite:///{self.effective_home / 'tradertape.db'}"

    @property
    def local_url(self) -> str:
        """Where programs on this machine reach the server, without a slash at its end."""
        everywhere = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared
        host = everywhere.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def effective_public_url(self) -> str:
        """The address people type, without a slash at its end."""
        return (self.public_url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def console_path(self) -> Path | None:
        """Where the built console is, if it is anywhere."""
        return _first_with("index.html", self.console_dir, CHECKOUT / "web/apps/console/dist")

    @property
    def docs_path(self) -> Path | None:
        """Where the built documentation is, if it is anywhere."""
        return _first_with("index.html", self.docs_dir, CHECKOUT / "site")

    @property
    def sdk_wheels_path(self) -> Path:
        """Where the SDK's wheels are, if they are built."""
        return self.sdk_wheels_dir or CHECKOUT / ".tools" / "wheels"

    @property
    def changelog_path(self) -> Path | None:
        """Where the changelog is, if it is anywhere."""
        path = self.changelog_file or CHECKOUT / "CHANGELOG.md"
        return path if path.is_file() else None


def _is_loopback(host: str) -> bool:
    return host in {"localhost", "::1"} or host.startswith("127.")


def _first_with(name: str, wanted: Path | None, usual: Path) -> Path | None:
    folder = wanted or usual
    return folder if (folder / name).is_file() else None
