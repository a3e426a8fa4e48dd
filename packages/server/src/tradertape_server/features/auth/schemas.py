"""Request and response bodies of the account routes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)

from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.features.auth.token_limits import Band
from tradertape_server.features.auth.token_scope import (
    MAX_ACCOUNTS,
    MAX_ADDRESSES,
    AccountScope,
    Address,
)
from tradertape_server.platform.http.routing import Body, IstTime, Reply, either

AGENT_SCOPES = ("signals:read", "results:write", "sync:write", "api:read", "api:write")
AGENT_DEFAULT_SCOPES = AGENT_SCOPES[:3]
WORKER_SCOPES = ("paper", "live", "data", "gtt")
WORKER_DEFAULT_SCOPES = ("paper", "data")

AgentScope = Literal["signals:read", "results:write", "sync:write", "api:read", "api:write"]
WorkerScope = Literal["paper", "live", "data", "gtt"]


# Host names like nas.local are valid on home networks; the library refuses those on this list.
for _name in ("local", "localhost", "test"):
    if _name in SPECIAL_USE_DOMAIN_NAMES:
        SPECIAL_USE_DOMAIN_NAMES.remove(_name)


def normal_email(text: str) -> str:
    """Return an e-mail address in the form it is stored in; raises ValueError."""
    try:
        # Deliverability is left to the mail server.
        found = validate_email(text, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None
    return found.normalized.lower()


Email = Annotated[
    str,
    Field(max_length=254, json_schema_extra={"format": "email"}),
    AfterValidator(normal_email),
]
Code = Annotated[str, Field(pattern=r"^\s*\d{3}\s?\d{3}\s*$", description="Six digits.")]
SecondFactorCode = Annotated[
    str,
    Field(
        pattern=r"^\s*(\d{3}\s?\d{3}|[A-Za-z0-9]{4}([-\s]?[A-Za-z0-9]{4}){3})\s*$",
        description="Six digits of the authenticator app, or a recovery code.",
    ),
]
Label = Annotated[str, Field(min_length=1, max_length=100)]
Password = Annotated[SecretStr, Field(min_length=1, max_length=200)]


class Message(Reply):
    """A confirmation in one sentence."""

    detail: str


class SignInMethods(Reply):
    """The ways to sign in to this server, the one to offer first at the front."""

    methods: list[Literal["link", "password"]]


class LinkRequest(Body):
    """The address to send a sign-in link and code to."""

    email: Email


class VerifyLink(Body):
    """Either the token of a link, or an e-mail address and the six digits sent to it."""

    model_config = ConfigDict(json_schema_extra=either(("token",), ("email", "otp")))

    token: str | None = Field(default=None, min_length=1, max_length=200)
    email: Email | None = None
    otp: Code | None = None
    totp: SecondFactorCode | None = Field(
        default=None,
        description="If the account has a second factor: six digits, or a recovery code.",
    )
    confirm: bool = Field(
        default=False, description="Sign in although another browser requested the link."
    )

    @model_validator(mode="after")
    def _one_way(self) -> VerifyLink:
        by_code = self.email is not None and self.otp is not None
        if (self.token is not None) == by_code:
            raise ValueError("send either token, or email and otp")
        return self


class PasswordLogin(Body):
    """An e-mail address, its password, and the code of the second factor if there is one."""

    email: Email
    password: Password
    totp: SecondFactorCode | None = None


class Logout(Body):
    """Sign out of this session only, or of every device."""

    everywhere: bool = False


class BrokerState(Reply):
    """A broker for which the account has stored credentials."""

    name: str
    connected: bool
    token_expires_at: IstTime | None
    last_error: str | None
    login_url: str | None


class AgentState(Reply):
    """The local agent, as known from the use of its keys."""

    registered: bool
    last_seen: IstTime | None
    version: str | None
    online: bool


class Me(Reply):
    """The caller's account."""

    id: int
    email: str
    name: str
    is_admin: bool
    created_at: IstTime
    has_password: bool
    totp_enabled: bool
    obfuscation: bool
    telegram_linked: bool
    brokers: list[BrokerState]
    agent: AgentState


class SessionRow(Reply):
    """A signed-in browser."""

    id: int
    is_this: bool
    method: str
    ip: str
    user_agent: str
    created_at: IstTime
    last_seen_at: IstTime
    expires_at: IstTime


class Profile(Body):
    """The profile of an account."""

    name: str = Field(max_length=100)


class SetPassword(Body):
    """A new password, and the current one if the account has one."""

    password: Password
    current_password: Password | None = None


class TotpStart(Reply):
    """The secret for an authenticator app; returned until the second factor is confirmed."""

    secret: str
    uri: str


class TotpState(Reply):
    """Whether the second factor is on, and how many of its recovery codes are unused."""

    enabled: bool
    enabled_at: IstTime | None
    recovery_codes_left: int


class RecoveryCodes(Reply):
    """Recovery codes, which are shown only once; each works once."""

    detail: str
    recovery_codes: list[str]


class AnyCode(Body):
    """Six digits from the authenticator app, or a recovery code."""

    code: SecondFactorCode


class TotpCode(Body):
    """Six digits from the authenticator app."""

    code: Code


class NewAgentKey(Body):
    """A key for an agent or a script."""

    label: Label = "Agent"
    scopes: list[AgentScope] = Field(default=list(AGENT_DEFAULT_SCOPES), min_length=1)
    expires_in_days: int | None = Field(default=None, ge=1, le=3650)


class NewWorkerToken(Body):
    """A token for a worker."""

    label: Label = "Worker"
    scopes: list[WorkerScope] = Field(default=list(WORKER_DEFAULT_SCOPES), min_length=1)
    expires_in_days: int | None = Field(default=None, ge=1, le=3650)
    account_scopes: list[AccountScope] = Field(
        default=[],
        max_length=MAX_ACCOUNTS,
        description="Accounts it may act on, such as kite:paper-a; empty: all.",
    )
    allowed_ips: list[Address] = Field(
        default=[],
        max_length=MAX_ADDRESSES,
        description="IPv4 or IPv6 addresses and networks it may be used from; empty: any.",
    )
    price_band_pct: Band | None = Field(
        default=None,
        description="Price band, in percent of the last price, of runs it creates that set none.",
    )
    option_price_band_pct: Band | None = Field(
        default=None, description="The same for options, whose prices move in tens of percent."
    )


def _none_as_empty(value: Any) -> Any:
    return [] if value is None else value


Texts = Annotated[list[str], BeforeValidator(_none_as_empty)]


class KeyRow(Reply):
    """A key without its token."""

    id: int
    label: str
    prefix: str
    scopes: list[str]
    account_scopes: Texts
    allowed_ips: Texts
    price_band_pct: float | None
    option_price_band_pct: float | None
    created_at: IstTime
    expires_at: IstTime | None
    last_used_at: IstTime | None


class NewKey(KeyRow):
    """A key with its token, which is shown only once."""

    token: str


class UserRow(Reply):
    """An account, for administrators."""

    id: int
    email: str
    name: str
    is_admin: bool
    has_password: bool
    totp_enabled: bool
    created_at: IstTime
    disabled_at: IstTime | None


class SignInLink(Reply):
    """A sign-in link to pass on; opening it requires a confirmation."""

    url: str
    expires_at: IstTime


class AuditRow(Reply):
    """An entry of the audit log."""

    id: int
    at: IstTime
    user_id: int | None
    actor: str
    action: str
    ip: str
    request_id: str
    details: dict[str, Any]


def checked_scopes(kind: Literal["agent", "worker"], wanted: list[str] | None) -> list[str]:
    """Return the wanted scopes, or the default ones; raises InvalidInput for an unknown one."""
    known = AGENT_SCOPES if kind == "agent" else WORKER_SCOPES
    default = AGENT_DEFAULT_SCOPES if kind == "agent" else WORKER_DEFAULT_SCOPES
    unknown = [scope for scope in wanted or () if scope not in known]
    if unknown:
        raise InvalidInput(f"unknown scope {unknown[0]!r}; there are: {', '.join(known)}")
    return list(wanted or default)
