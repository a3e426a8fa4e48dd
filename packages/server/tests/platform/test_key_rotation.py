"""AU-08: the keys of encrypted secrets are rotated in one go, also when it is killed."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from tradertape_server.features.auth.models import User
from tradertape_server.features.auth.queries import SEALED_COLUMNS as AUTH
from tradertape_server.features.brokerage.credentials import SEALED
from tradertape_server.features.brokerage.models import BrokerCredential, BrokerSession
from tradertape_server.features.brokerage.sealed import SEALED_COLUMNS as BROKERAGE
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import Conflict
from tradertape_server.platform.http.idempotency import SEALED_COLUMNS as IDEMPOTENCY
from tradertape_server.platform.http.idempotency import IdempotencyRecord
from tradertape_server.platform.key_rotation import UNFINISHED, KeyRotation
from tradertape_server.platform.secrets import SecretBox, read_keys

NOW = datetime(2026, 1, 5, tzinfo=UTC)
COLUMNS = (*AUTH, *BROKERAGE, *IDEMPOTENCY)
KILLED = 17
ROWS = 450  # more than two batches


def store(database: Database, box: SecretBox, numbers: range) -> None:
    """Secrets of every kind, of several people."""
    with database.write() as session:
        for number in numbers:
            store_one(session, box, number)


def store_one(session: Session, box: SecretBox, number: int) -> None:
    user = User(email=f"p{number}@example.com", created_at=NOW)
    user.totp_secret = box.seal(f"seed{number}".encode())
    session.add(user)
    session.flush()
    session.add(
        BrokerCredential(
            user_id=user.id, broker="kite", environment="live", updated_at=NOW,
            api_key=SEALED + box.seal(f"key{number}".encode()).decode(),
            secret=box.seal(f"secret{number}".encode()), totp_secret=None, secret_hint=None,
        )
    )  # fmt: skip
    session.add(
        BrokerSession(
            user_id=user.id, broker="kite", environment="live", broker_user_id="AB1",
            generation=1, token=box.seal(f"token{number}".encode()), logged_in_at=NOW,
            expires_at=NOW,
        )
    )  # fmt: skip
    session.add(
        IdempotencyRecord(
            caller="c", key=f"k{number}", route="/x", body_hash="h", created_at=NOW,
            status=200, content_type="", answer=box.seal(f"answer{number}".encode()),
        )
    )  # fmt: skip


def read_with(box: SecretBox, database: Database) -> set[bytes | None]:
    """Every secret as these keys decrypt it."""
    found: set[bytes | None] = set()
    with database.read() as session:
        for one in COLUMNS:
            values = session.scalars(text(f"SELECT {one.name} FROM {one.table.__tablename__}"))  # noqa: S608
            sealed = [one.sealed_of(value) for value in values if value is not None]
            found |= {box.unseal(value) for value in sealed if value is not None}
    return found


def expected(numbers: range) -> set[bytes]:
    kinds = ("seed", "key", "secret", "token", "answer")
    return {f"{kind}{number}".encode() for number in numbers for kind in kinds}


def newest_alone(folder: Path, at: Path) -> SecretBox:
    """A box with the newest key of the folder's file only."""
    at.mkdir()
    (at / "encryption.keys").write_text(read_keys(folder / "encryption.keys")[0] + "\n")
    return SecretBox.open(at)


def rotation(database: Database, folder: Path, **more: Any) -> KeyRotation:
    box = SecretBox.open(folder)
    return KeyRotation(database, box, folder, COLUMNS, **{"wait": lambda _s: None, **more})


@pytest.fixture
def database(database_url: str) -> Any:
    opened = Database(database_url)
    yield opened
    opened.close()


def test_everything_is_encrypted_again_while_a_server_runs(
    tmp_path: Path, database: Database
) -> None:
    folder = tmp_path / "secrets"
    running = SecretBox.open(folder)
    store(database, running, range(3))
    hashed = running.code_hash("a@example.com", "123456")
    late = running.seal(b"late")
    waits: list[float] = []

    def settle(seconds: float) -> None:
        """A running server commits what it had encrypted before the new key was there."""
        if not waits:
            with database.write() as session:
                user = User(email="late@example.com", created_at=NOW, totp_secret=late)
                session.add(user)
            store(database, running, range(3, 4))  # by now with the new key
        waits.append(seconds)

    done = rotation(database, folder, wait=settle).rotate()
    assert (done.encrypted_again, done.unreadable, done.is_resumed) == (16, 0, False)
    assert len(waits) == 2, "passes are repeated until one finds nothing"
    alone = newest_alone(folder, tmp_path / "alone")
    assert read_with(alone, database) == expected(range(4)) | {b"late"}
    assert running.unseal(late) == b"late", "the older key still decrypts"
    assert running.code_hash("a@example.com", "123456") == hashed
    assert SecretBox.open(folder).code_hash("a@example.com", "123456") == hashed


def test_values_of_a_foreign_key_stay_and_are_counted(tmp_path: Path, database: Database) -> None:
    folder, foreign = tmp_path / "secrets", SecretBox.open(tmp_path / "foreign")
    store(database, SecretBox.open(folder), range(1))
    store(database, foreign, range(1, 2))
    found = rotation(database, folder).rotate()
    assert (found.encrypted_again, found.unreadable) == (5, 5)
    with pytest.raises(Conflict, match="5 stored values"):
        rotation(database, folder).drop_old()
    assert len(read_keys(folder / "encryption.keys")) == 2
    assert expected(range(1, 2)) <= read_with(foreign, database)


def test_old_keys_are_dropped_once_nothing_needs_them(tmp_path: Path, database: Database) -> None:
    folder = tmp_path / "secrets"
    store(database, SecretBox.open(folder), range(1))
    rotation(database, folder).rotate()
    assert rotation(database, folder).drop_old().keys_dropped == 1
    assert len(read_keys(folder / "encryption.keys")) == 1
    assert read_with(SecretBox.open(folder), database) == expected(range(1))
    assert (folder / "encryption.keys").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("kill_at", [1, 2, 3, 100, 300, 700, 1200])
def test_a_killed_rotation_is_finished_by_the_next_call(
    tmp_path: Path, database: Database, database_url: str, kill_at: int
) -> None:
    folder = tmp_path / "secrets"
    box = SecretBox.open(folder)
    store(database, box, range(ROWS))
    child = os.fork()
    if not child:
        try:
            killed, said = Database(database_url), []

            def hear(*_of_statement: Any) -> None:
                said.append(1)
                if len(said) == kill_at:
                    os._exit(KILLED)

            event.listen(killed.engine, "before_cursor_execute", hear)
            rotation(killed, folder).rotate()
        finally:
            os._exit(0)  # it must not return into pytest
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED
    path = folder / "encryption.keys"
    assert path.read_text().startswith(UNFINISHED)
    assert read_with(SecretBox.open(folder), database) == expected(range(ROWS)), "still readable"
    with pytest.raises(Conflict, match="not finished"):
        rotation(database, folder).drop_old()

    done = rotation(database, folder).rotate()
    assert done.is_resumed
    assert len(read_keys(path)) == 2, "no third key"
    assert not path.read_text().startswith("#")
    assert read_with(newest_alone(folder, tmp_path / "alone"), database) == expected(range(ROWS))
