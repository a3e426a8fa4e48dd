"""Secrets: the key file, and its rotation."""

from __future__ import annotations

from pathlib import Path

from tradertape_server.platform.secrets import SecretBox


def test_the_key_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    SecretBox.open(tmp_path / "secrets")
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "secrets" / "encryption.keys").stat().st_mode & 0o777 == 0o600


def test_a_new_key_on_top_still_reads_what_the_old_one_wrote(tmp_path: Path) -> None:
    old = SecretBox.open(tmp_path / "a")
    sealed, hashed = old.seal(b"secret"), old.code_hash("a@example.com", "123456")
    newer = SecretBox.open(tmp_path / "b").seal(b"other")
    keys = [(tmp_path / name / "encryption.keys").read_text() for name in ("b", "a")]
    (tmp_path / "a" / "encryption.keys").write_text("".join(keys))
    both = SecretBox.open(tmp_path / "a")
    assert both.unseal(sealed) == b"secret"
    assert both.unseal(newer) == b"other"
    assert both.code_hash("a@example.com", "123456") == hashed
    assert old.unseal(newer) == b"other", "a running server reads the file again"
    assert both.is_newest(old.seal(b"next")), "and encrypts with the newest key"
    assert not both.is_newest(sealed)
    assert SecretBox.open(tmp_path / "c").unseal(newer) is None
