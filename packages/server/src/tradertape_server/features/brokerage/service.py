"""Use cases of people's accounts at brokers. None of them asks a broker within a transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from pydantic import SecretStr
from sqlalchemy.orm import Session as DbSession

from tradertape_brokers.errors import BrokerError
from tradertape_brokers.hosts import Hosts
from tradertape_brokers.port import Broker
from tradertape_brokers.registry import UnknownBroker
from tradertape_brokers.secret import Secret
from tradertape_brokers.sessions import LoginGrant, Proof, Session
from tradertape_core.kernel.clock import Clock
from tradertape_server.features.auth.audit import RequestOrigin, record
from tradertape_server.features.auth.schemas import BrokerState
from tradertape_server.features.brokerage import logins, repository, schemas
from tradertape_server.features.brokerage.accounts import Connected, Environment, NoHosts, Preflight
from tradertape_server.features.brokerage.connections import Connections
from tradertape_server.features.brokerage.credentials import (
    Credentials,
    CredentialStore,
    GivenCredentials,
)
from tradertape_server.features.brokerage.errors import NotConnected, api_error
from tradertape_server.features.brokerage.views import Links, State, broker_out, session_out
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import BadRequest, Conflict, NotFound
from tradertape_server.platform.http.identity import Identity
from tradertape_server.platform.logging import get_logger

_NONE = Secret("")

logger = get_logger(__name__)


def not_known(_connected: Connected) -> Preflight:
    """Nobody has asked the broker."""
    return Preflight(result="unknown")


def is_allowed(_user_id: int) -> None:
    """Everybody may connect brokers here."""


class BrokerageService:
    """Credentials, logins and sessions. names: the brokers there are, in the order for lists."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        connections: Connections,
        store: CredentialStore,
        names: Sequence[str],
        links: Links,
    ) -> None:
        self._database, self._clock = database, clock
        self._connections, self._store = connections, store
        self._names, self.links = names, links
        # Whether orders are taken from this server's address: a feature above finds it out.
        self.preflight_of: Callable[[Connected], Preflight] = not_known
        self.check_address_of: Callable[[Connected], Preflight] = not_known
        # Raises Conflict where this server is to have no session of a person. It is asked before a
        # login begins; `Connections.demand_allowed` decides where one is stored.
        self.demand_session_allowed: Callable[[int], None] = is_allowed
        self._signing_in: set[tuple[int, str]] = set()
        self._lock = threading.Lock()

    def brokers(self, user_id: int) -> list[schemas.BrokerOut]:
        """Every broker, with what a person has there."""
        return [self._shown(state) for state in self._states(user_id, self._names)]

    def broker(self, user_id: int, name: str) -> schemas.BrokerOut:
        """One broker, with what a person has there. Raises NotFound."""
        return self._shown(self._state(user_id, self.found(name)))

    def found(self, name: str) -> Broker:
        """The broker of this name. Raises NotFound."""
        try:
            return self._connections.broker(name)
        except UnknownBroker:
            raise NotFound("Broker") from None

    def status(self, user_id: int, name: str | None = None) -> schemas.BrokerStatus:
        """A person's session: at this broker, or at the first that is connected or set up."""
        names = self._names if name is None else (self.found(name).name,)
        states = self._states(user_id, names)
        chosen = next((one for one in states if one.connected), None) or next(
            (one for one in states if one.credentials or name), None
        )
        if chosen is None:
            return schemas.BrokerStatus(
                broker=None, connected=False, user_id=None, login_time=None, expires_at=None,
                expires_in_s=None, reason="No broker is set up.", login_url=None,
            )  # fmt: skip
        shown = session_out(chosen, self.links, self._connections.addresses, self._clock.now())
        return schemas.BrokerStatus(broker=chosen.broker.name, **shown.model_dump(exclude={"end"}))

    def states_of(self, user_id: int) -> list[BrokerState]:
        """The brokers that a person has set up, for the console's header."""
        now, addresses = self._clock.now(), self._connections.addresses
        with self._database.read() as session:
            names = [n for n in self._names if repository.credential_of(session, user_id, n)]
        states = self._states(user_id, names) if names else []
        shown = [(one, session_out(one, self.links, addresses, now)) for one in states]
        return [
            BrokerState(
                name=state.broker.name,
                connected=session.connected,
                token_expires_at=session.expires_at,
                last_error=session.reason or None,
                login_url=session.login_url,
            )
            for state, session in shown
        ]

    def preferences(self, user_id: int) -> schemas.PreferencesOut:
        """Which mails about sessions at brokers a person gets."""
        with self._database.read() as session:
            found = repository.preference_of(session, user_id)
        if found is None:
            return schemas.PreferencesOut(mails_expiry=True, mails_reminder=True)
        return schemas.PreferencesOut(
            mails_expiry=found.mails_expiry, mails_reminder=found.mails_reminder
        )

    def save_preferences(self, user_id: int, wanted: schemas.Preferences) -> schemas.PreferencesOut:
        """Store which mails about sessions at brokers a person wants."""
        with self._database.write() as session:
            found = repository.preference_or_default(session, user_id)
            found.mails_expiry = wanted.mails_expiry
            found.mails_reminder = wanted.mails_reminder
        return self.preferences(user_id)

    def not_connected(self, user_id: int, name: str) -> NotConnected:
        """The error for work that needs a session at a broker."""
        status = self.status(user_id, name)
        return NotConnected(name, status.login_url or self.links.settings(name), status.reason)

    def credentials(self, user_id: int, name: str) -> Credentials | None:
        """A person's stored credentials for a broker."""
        with self._database.read() as session:
            return self._store.of(session, user_id, self.found(name).name)

    def save_credentials(
        self, who: Identity, name: str, body: schemas.SaveCredentials, origin: RequestOrigin
    ) -> schemas.BrokerOut:
        """Store an app at a broker. Raises Conflict, BadRequest, NotFound."""
        broker = self.found(name)
        with self._database.write() as session:
            # The first to come decides between two tabs that store different environments.
            self._database.advisory_lock(session, f"broker-credentials:{who.id}")
            replaced = self._store.save(
                session, who.id, name, self._given(broker, body), self._clock.now(),
                replace=body.replace,
            )  # fmt: skip
            has_secret = body.api_secret is not None
            self._audit(session, who, "broker_credentials_saved", origin, broker, secret=has_secret)
        if replaced is not None:
            self._drop_session(who, broker, "Its credentials were replaced.")
        return self.broker(who.id, name)

    def delete_credentials(self, who: Identity, name: str, origin: RequestOrigin) -> None:
        """Delete an app at a broker, and end its session. Raises NotFound for unknown brokers."""
        broker = self.found(name)
        self._drop_session(who, broker, "Its credentials were deleted.")
        with self._database.write() as session:
            if self._store.delete(session, who.id, name):
                self._audit(session, who, "broker_credentials_deleted", origin, broker)

    def begin_login(self, who: Identity, name: str) -> schemas.LoginOut:
        """Begin a login in a person's browser. Raises NotFound, Conflict."""
        broker = self.found(name)
        self.demand_session_allowed(who.id)
        redirect_uri = self.links.callback(name)
        with self._database.write() as session:
            found = self._needed(session, who.id, broker)
            state, ends = logins.begin(session, who, name, redirect_uri, self._clock.now())
        port = broker.session(self._hosts(found))
        url = port.login_url(found.api_key.reveal(), redirect_uri=redirect_uri, state=state)
        return schemas.LoginOut(
            login_url=url or None,
            state=state,
            expires_at=ends,
            redirect_uri=redirect_uri,
            proofs=[proof.value for proof in broker.login.proofs],
            has_stored_proof=_has_stored_proof(broker, found),
        )

    def open_session(
        self, who: Identity, name: str, body: schemas.OpenSession, origin: RequestOrigin
    ) -> schemas.BrokerOut:
        """Finish a login: exchange the code and a proof for a session, and use it.

        Raises BadRequest when the state or the proof is wrong, Conflict while another sign-in is
        under way, Unavailable when the broker does not answer.
        """
        broker = self.found(name)
        with self._one_at_a_time(who.id, name):
            self.demand_session_allowed(who.id)
            redirect_uri = self.links.callback(name)
            with self._database.write() as session:
                found = self._needed(session, who.id, broker)
                if broker.login.has_page:
                    redirect_uri = logins.use(session, who, name, body.state, self._clock.now())
            grant = self._grant(broker, found, body, redirect_uri)
            opened = self._exchange(broker, found, grant)
            try:
                self._connections.connect(who.id, found.environment, opened)
            except Conflict:  # forbidden meanwhile: it must not stay open at the broker either
                self._invalidate(broker, found.environment, opened)
                raise
            with self._database.write() as session:
                self._audit(
                    session, who, "broker_connected", origin, broker,
                    account=opened.user_id, environment=found.environment.value,
                )  # fmt: skip
        return self.broker(who.id, name)

    def end_session(self, who: Identity, name: str, origin: RequestOrigin) -> None:
        """Sign out of a broker, here and there; without a session nothing happens."""
        broker = self.found(name)
        if self._drop_session(who, broker, "You signed out."):
            with self._database.write() as session:
                self._audit(session, who, "broker_disconnected", origin, broker)

    def check_address(self, user_id: int, name: str) -> schemas.BrokerOut:
        """Ask a broker now whether it takes orders from this server's address. Raises NotFound, and
        NotConnected while nobody is signed in."""
        broker = self.found(name)
        connected = self._connections.of(user_id, broker.name)
        if connected is None:
            raise self.not_connected(user_id, name)
        self.check_address_of(connected)
        return self.broker(user_id, name)

    def forget_sessions(
        self, session: DbSession, who: Identity, reason: str, origin: RequestOrigin
    ) -> Sequence[Connected]:
        """Sign out of every broker in the caller's transaction; `tell_brokers` of what this
        returns once that is committed."""
        alive = self._connections.of_user(who.id)
        for name in self._connections.end_all(session, who.id, reason):
            self._audit(session, who, "broker_disconnected", origin, self.found(name))
        return alive

    def tell_brokers(self, ended: Sequence[Connected]) -> None:
        """End sessions at the brokers too, and stop using them here."""
        self._connections.see_changes()
        for one in ended:
            self._invalidate(one.broker, one.account.environment, one.session)

    def _states(self, user_id: int, names: Sequence[str]) -> list[State]:
        with self._database.read() as session:
            last = {row.broker: row for row in repository.sessions_of(session, user_id)}
            apps = {name: self._store.of(session, user_id, name) for name in names}
        return [
            State(
                broker=self._connections.broker(name),
                credentials=apps[name],
                connected=self._connections.of(user_id, name),
                last=last.get(name),
            )
            for name in names
        ]

    def _state(self, user_id: int, broker: Broker) -> State:
        return self._states(user_id, (broker.name,))[0]

    def _shown(self, state: State) -> schemas.BrokerOut:
        connected = state.connected
        preflight = None if connected is None else self.preflight_of(connected)
        addresses = self._connections.addresses
        return broker_out(state, self.links, addresses, self._clock.now(), preflight)

    def _given(self, broker: Broker, body: schemas.SaveCredentials) -> GivenCredentials:
        addresses = self._connections.addresses
        environment = Environment(body.environment) if body.environment else addresses.usual
        if not addresses.has(environment):
            raise Conflict(
                f"This server does not use {environment.value} accounts now.",
                code="environment_not_used",
            )
        if body.totp_secret is not None and Proof.TOTP not in broker.login.proofs:
            raise BadRequest(
                f"{broker.title}'s API does not take one-time codes: sign in on its page, and "
                "leave `totp_secret` out."
            )
        return GivenCredentials(
            environment=environment,
            api_key=body.api_key,
            api_secret=body.api_secret.get_secret_value() if body.api_secret else None,
            totp_secret=body.totp_secret.get_secret_value() if body.totp_secret else None,
            user_id=body.user_id,
        )

    def _needed(self, session: DbSession, user_id: int, broker: Broker) -> Credentials:
        found = self._store.of(session, user_id, broker.name)
        if found is None:
            raise Conflict(
                f"Store the API key of your app at {broker.title} first.", code="broker_not_set_up"
            )
        return found

    def _hosts(self, found: Credentials) -> Hosts:
        try:
            return self._connections.hosts(found.environment)
        except NoHosts as error:
            words = str(error).capitalize()
            raise Conflict(f"{words}.", code="environment_not_used") from None

    def _grant(
        self, broker: Broker, found: Credentials, body: schemas.OpenSession, redirect_uri: str
    ) -> LoginGrant:
        """The given proof; without one, what is stored."""
        code = Secret(body.code.get_secret_value())
        if broker.login.has_page and not code:
            raise BadRequest(f"The code that {broker.title}'s page came back with is missing.")
        checksum, totp = _secret(body.checksum), _secret(body.totp)
        api_secret = _secret(body.api_secret)
        if not (checksum or totp or api_secret):
            if Proof.TOTP in broker.login.proofs:
                totp = found.totp(self._clock.now()) or _NONE
            api_secret = found.api_secret or _NONE if not totp else _NONE
        return LoginGrant(
            api_key=found.api_key.reveal(),
            code=code,
            checksum=checksum,
            api_secret=api_secret,
            totp=totp,
            timestamp=body.timestamp,
            redirect_uri=redirect_uri,
        )

    def _exchange(self, broker: Broker, found: Credentials, grant: LoginGrant) -> Session:
        port = broker.session(self._hosts(found))
        try:
            opened = port.exchange(grant, self._clock.now())
        except BrokerError as error:
            raise api_error(error, broker.title) from None
        if found.user_id and found.user_id != opened.user_id:
            self._invalidate(broker, found.environment, opened)
            raise Conflict(
                f"You signed in at {broker.title} as {opened.user_id}, and these credentials are "
                f"for {found.user_id}. Sign in there with the other account, or store its name.",
                code="another_broker_account",
            )
        return opened

    def _drop_session(self, who: Identity, broker: Broker, reason: str) -> bool:
        connected = self._connections.of(who.id, broker.name)
        if connected is None:
            return False
        self._connections.disconnect(connected.account, reason)
        self._invalidate(broker, connected.account.environment, connected.session)
        return True

    def _invalidate(self, broker: Broker, environment: Environment, session: Session) -> None:
        """End a session at the broker as well; one that cannot be ended ends by the timetable."""
        try:
            broker.session(self._connections.hosts(environment)).invalidate(session)
        except (BrokerError, NoHosts) as error:
            problem = type(error).__name__
            logger.warning("a session at a broker was not ended", broker=broker.name, why=problem)

    @contextmanager
    def _one_at_a_time(self, user_id: int, name: str) -> Iterator[None]:
        key = (user_id, name)
        with self._lock:
            if key in self._signing_in:
                raise Conflict("A sign-in at this broker is under way.", code="sign_in_under_way")
            self._signing_in.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._signing_in.discard(key)

    def _audit(
        self, session: DbSession, who: Identity, action: str, origin: RequestOrigin,
        broker: Broker, **details: object,
    ) -> None:  # fmt: skip
        record(
            session, action, user_id=who.id, actor=who.email, origin=origin,
            now=self._clock.now(), broker=broker.name, **details,
        )  # fmt: skip


def _has_stored_proof(broker: Broker, found: Credentials) -> bool:
    if found.totp_secret is not None and Proof.TOTP in broker.login.proofs:
        return True
    return found.api_secret is not None and Proof.SECRET in broker.login.proofs


def _secret(given: SecretStr | None) -> Secret:
    return Secret(given.get_secret_value()) if given is not None else _NONE
