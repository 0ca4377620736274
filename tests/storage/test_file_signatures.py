"""A file's signature lies beside it, and fits that file alone."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ostiary.credential import FileKind, new_settings_key
from ostiary.errors import ConfigurationError, StorageError, TrustListError
from ostiary.storage.file_signatures import (
    MAX_BYTES,
    read_signature,
    signature_path,
    write_signature,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KEY = new_settings_key("owner", lambda size: b"\x01" * size)


@pytest.fixture
def gate_toml(tmp_path: Path) -> Path:
    path = tmp_path / "gate.toml"
    path.write_text('zone = "north"\n')
    return path


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("gate.toml", FileKind.CONFIGURATION),
        ("calibration.json", FileKind.CALIBRATION),
    ],
)
def test_a_signature_lies_beside_its_file(
    tmp_path: Path, name: str, kind: FileKind
) -> None:
    path = tmp_path / name
    path.write_bytes(b"content")
    beside = write_signature(path, "north-door", NOW, KEY)
    assert beside == tmp_path / f"{name}.sig"
    read_signature(path).check(b"content", kind, "north-door", [KEY.public])


def test_a_file_that_was_changed_is_signed_anew(gate_toml: Path) -> None:
    write_signature(gate_toml, None, NOW, KEY)
    gate_toml.write_text('zone = "south"\n')
    content = gate_toml.read_bytes()
    with pytest.raises(TrustListError, match="changed since"):
        read_signature(gate_toml).check(
            content, FileKind.CONFIGURATION, None, [KEY.public]
        )
    write_signature(gate_toml, None, NOW, KEY)
    read_signature(gate_toml).check(content, FileKind.CONFIGURATION, None, [KEY.public])


def test_what_cannot_be_a_gates_file_is_not_signed(tmp_path: Path) -> None:
    path = tmp_path / "trust.cose"
    path.write_bytes(b"content")
    with pytest.raises(ConfigurationError, match=r"\.toml or \.json"):
        write_signature(path, None, NOW, KEY)


def test_a_gate_without_a_name_is_no_gate(gate_toml: Path) -> None:
    with pytest.raises(ConfigurationError, match="name"):
        write_signature(gate_toml, "", NOW, KEY)
    assert not signature_path(gate_toml).exists()


def test_a_file_that_is_missing_or_huge_is_not_signed(tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    with pytest.raises(StorageError):
        write_signature(path, None, NOW, KEY)
    path.write_bytes(bytes(MAX_BYTES + 1))
    with pytest.raises(StorageError, match="longer"):
        write_signature(path, None, NOW, KEY)


def test_a_signature_that_is_missing_or_damaged_is_told(gate_toml: Path) -> None:
    with pytest.raises(StorageError, match=r"gate\.toml\.sig"):
        read_signature(gate_toml)
    signature_path(gate_toml).write_bytes(b"none")
    with pytest.raises(TrustListError, match=r"gate\.toml\.sig: not the signature"):
        read_signature(gate_toml)
    signature_path(gate_toml).write_bytes(bytes(10_000))
    with pytest.raises(StorageError, match="longer"):
        read_signature(gate_toml)
