"""Bodies of the brokers' routes. No reply has a secret, a token or a code in it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from tradertape_server.platform.http.routing import Body, IstTime, Reply

EnvironmentName = Literal["live", "sandbox"]
ApiSecret = Annotated[SecretStr, Field(min_length=4, max_length=500)]
ONE_LINE = r"^[\x21-\x7e]+$"
BrokerUser = Annotated[str, Field(min_length=1, max_length=50, pattern=ONE_LINE)]


class CapabilitiesOut(Reply):
    """What a broker can do."""

    exchanges: list[str]
    products: list[str]
    order_types: list[str]
    varieties: list[str]
    validities: list[str]
    tag_length: int
    modifications: int
    protects_markets: bool
    slices: bool
    gtt_single: bool
    gtt_two_leg: bool
    updates_orders: bool
    candle_intervals: list[str]
    tick_modes: list[str]
    feed_instruments: int


class LoginFlowOut(Reply):
    """How to sign in. proofs: any one is sufficient, the best first.

    has_page: on the broker's own page, which returns to `redirect_uri` with the code in the
    parameter `callback_parameter`. `redirect_uri` is what the app at the broker is registered with.
    """

    proofs: list[Literal["checksum", "secret", "timed_checksum", "totp"]]
    has_page: bool
    callback_parameter: str
    redirect_uri: str


class CredentialsOut(Reply):
    """The stored credentials. Of secrets only whether they are stored, and a hint.

    api_key: as it stands in the login page's address; only its end where it is a secret itself.
    storage: where the secret is.
    """

    is_set: bool
    api_key: str | None
    has_secret: bool
    secret_hint: str | None
    has_totp_secret: bool
    user_id: str | None
    updated_at: IstTime | None
    storage: Literal["browser", "cloud"]


class BrokerSessionOut(Reply):
    """The session at the broker, which is independent of the session of the console.

    end: how the last one ended, for pages that ask for a login only where it was not wanted.
    """

    connected: bool
    user_id: str | None
    login_time: IstTime | None
    expires_at: IstTime | None
    expires_in_s: int | None
    end: Literal["expired", "disconnected"] | None
    reason: str
    login_url: str | None


class IpFactsOut(Reply):
    """Whether the broker takes orders from registered addresses only.

    where: how the address is registered there. address: the one that this server's orders come
    from, as far as it is known; null behind a router, where the broker has not said it. preflight:
    what the broker said after the login to the cancellation of an order that does not exist:
    `taken` or `refused` (with its `words`), `unknown` before. A refusal is tried again every
    minute, and by `POST /api/brokers/{broker}/address-check`; a refused order counts as one too. A
    sandbox takes orders from everywhere until addresses are registered with it.
    """

    needs_registered_address: bool
    rule: str
    where: str
    address: str | None
    preflight: Literal["taken", "refused", "unknown"]
    words: str
    checked_at: IstTime | None


class BrokerOut(Reply):
    """A broker, and what you have there."""

    name: str
    title: str
    environment: EnvironmentName
    environments: list[EnvironmentName]
    capabilities: CapabilitiesOut
    login: LoginFlowOut
    credentials: CredentialsOut
    session: BrokerSessionOut
    ip: IpFactsOut
    postback_url: str | None


class SaveCredentials(Body):
    """An app at a broker. Secrets that are not given are not stored, and removed if they were.

    replace: also when another environment (the real broker, the sandbox) is connected.
    """

    api_key: str = Field(min_length=4, max_length=4000, pattern=ONE_LINE)
    api_secret: ApiSecret | None = None
    totp_secret: SecretStr | None = Field(default=None, min_length=16, max_length=128)
    user_id: BrokerUser | None = None
    environment: EnvironmentName | None = None
    replace: bool = False


class LoginOut(Reply):
    """A login that has begun.

    login_url: the broker's page; None where there is none. state: comes back with the callback, is
    valid once, for ten minutes and in this browser.
    """

    login_url: str | None
    state: str
    expires_at: IstTime
    redirect_uri: str
    proofs: list[str]
    has_stored_proof: bool


class OpenSession(Body):
    """The callback's code and a proof; without one, what is stored is used."""

    state: str = Field(default="", max_length=200)
    code: SecretStr = Field(default=SecretStr(""), max_length=2000)
    checksum: SecretStr | None = Field(default=None, min_length=64, max_length=64)
    api_secret: ApiSecret | None = None
    totp: SecretStr | None = Field(default=None, min_length=6, max_length=8)
    timestamp: int | None = Field(default=None, ge=0, le=2**40)


class PreferencesOut(Reply):
    """Which mails about sessions at brokers you get.

    mails_reminder: at 08:45 of a trading day, when an account you use or a live run needs a login.
    mails_expiry: when a session ends between then and the close.
    """

    mails_expiry: bool
    mails_reminder: bool


class Preferences(Body):
    """Which mails about sessions at brokers to send."""

    mails_expiry: bool
    mails_reminder: bool


class BrokerStatus(Reply):
    """The broker's session, which is independent of the session of the console."""

    broker: str | None
    connected: bool
    user_id: str | None
    login_time: IstTime | None
    expires_at: IstTime | None
    expires_in_s: int | None
    reason: str
    login_url: str | None


class SaveKiteCredentials(Body):
    """The credentials of a Kite Connect app; without the secret, login is done in the browser."""

    api_key: str = Field(min_length=4, max_length=100, pattern=r"^[A-Za-z0-9]+$")
    api_secret: SecretStr | None = Field(default=None, min_length=4, max_length=200)
    user_id: BrokerUser | None = None


class KiteCredentials(Reply):
    """The stored Kite credentials; of the secret only the last two characters."""

    api_key: str | None
    has_secret: bool
    secret_hint: str | None
    user_id: str | None
    updated_at: IstTime | None
    storage: Literal["browser", "cloud"]


class PostbackTaken(Reply):
    """The update has arrived; what follows from it is done after this response."""

    status: Literal["ok"]
