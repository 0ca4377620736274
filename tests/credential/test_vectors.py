"""The published vectors are what the script writes, and do what they say."""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ostiary.credential import (
    GateKnowledge,
    HighWater,
    ZoneKey,
    load_key,
    load_trust,
    read_status_list,
    verify,
)
from ostiary.errors import CredentialError, TrustListError
from ostiary.reasons import Reason
from tests.vectors.write import FOLDERS, write

VECTORS = Path(__file__).parents[1] / "vectors"
FILES = sorted(
    path
    for folder in ("valid", "edge", "invalid")
    for path in VECTORS.glob(f"{folder}/*.json")
)

# The reasons before and after these are not the credential's.
FIRST, LAST = Reason.TEXT_TOO_LONG, Reason.REFERENCE_INCOMPATIBLE


def load(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def zone_key(content: dict[str, Any]) -> ZoneKey:
    key = load_key(json.dumps(content).encode())
    assert isinstance(key, ZoneKey)
    return key


def knowledge(gate: dict[str, Any], at: datetime) -> GateKnowledge:
    context = load(VECTORS / "context.json")
    trust = load_trust(json.dumps(context["trust"]).encode())
    token = bytes.fromhex(context["status_tokens"][gate["status_list"]])
    status = read_status_list(token, trust, at)
    used = context["status_tokens"][gate.get("used_status_list", gate["status_list"])]
    seen = read_status_list(bytes.fromhex(used), trust, at)
    return GateKnowledge(
        zone=gate["zone"],
        zone_keys=tuple(
            zone_key(context["zone_keys"][name]) for name in gate["zone_keys"]
        ),
        trust=trust,
        status_lists=(status,),
        max_status_age=timedelta(seconds=context["max_status_age_seconds"]),
        extractor=context["extractor"],
        dimensions=context["dimensions"],
        high_water=HighWater().raised_by([seen], at),
        unsafe_accept_unsealed=gate["unsafe_accept_unsealed"],
        unsafe_accept_without_status=gate["unsafe_accept_without_status"],
    )


def observe(vector: dict[str, Any]) -> dict[str, Any]:
    at = datetime.fromisoformat(vector["at"])
    try:
        verified = verify(vector["text"], knowledge(vector["gate"], at), at)
    except CredentialError as error:
        return {"reason": error.reason.value}
    return {
        "issuer": verified.issuer,
        "zones": list(verified.zones),
        "expires_at": verified.expires_at.isoformat(),
        "identifier": verified.identifier.hex(),
        "face": verified.reference is not None,
    }


@pytest.mark.parametrize(
    "path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_a_vector_does_what_it_says(path: Path) -> None:
    vector = load(path)
    assert vector["name"] == path.stem
    assert observe(vector) == vector["expected"]
    assert ("reason" in vector["expected"]) == (path.parent.name == "invalid")


@pytest.mark.parametrize(
    "path", sorted(VECTORS.glob("status/*.json")), ids=lambda path: path.stem
)
def test_a_status_list_does_what_it_says(path: Path) -> None:
    vector = load(path)
    trust = load_trust(json.dumps(load(VECTORS / "context.json")["trust"]).encode())
    token, at = bytes.fromhex(vector["token"]), datetime.fromisoformat(vector["at"])
    if vector["expected"] == {"refused": True}:
        with pytest.raises(TrustListError):
            read_status_list(token, trust, at)
        return
    status = read_status_list(token, trust, at)
    revoked = [index for index in range(status.size) if status.is_revoked(index)]
    assert vector["expected"] == {
        "issuer": status.issuer,
        "uri": status.uri,
        "entries": status.size,
        "revoked": revoked,
    }


@pytest.mark.parametrize(
    "path", sorted(VECTORS.glob("trust/*.json")), ids=lambda path: path.stem
)
def test_a_trust_list_does_what_it_says(path: Path) -> None:
    vector = load(path)
    if vector["expected"] == {"refused": True}:
        with pytest.raises(TrustListError):
            load_trust(vector["file"].encode())
        return
    names = [issuer.key.name for issuer in load_trust(vector["file"].encode()).issuers]
    assert vector["expected"] == {"issuers": names}


def test_the_script_writes_exactly_these_files(tmp_path: Path) -> None:
    write(tmp_path)
    written = sorted(tmp_path.rglob("*.json"))
    kept = sorted(VECTORS.rglob("*.json"))
    assert [path.relative_to(tmp_path) for path in written] == [
        path.relative_to(VECTORS) for path in kept
    ]
    for one, other in zip(written, kept, strict=True):
        assert one.read_bytes() == other.read_bytes(), other.name


def test_every_reason_of_a_credential_has_a_vector() -> None:
    reasons = list(Reason)
    expected = reasons[reasons.index(FIRST) : reasons.index(LAST) + 1]
    shown = {load(path)["expected"].get("reason") for path in FILES}
    assert set(expected) == shown - {None}


def test_the_readme_counts_the_files() -> None:
    readme = (VECTORS / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \|", readme, re.M)
    counts = {folder: len(list((VECTORS / folder).iterdir())) for folder in FOLDERS}
    assert {folder: int(count) for folder, count in rows} == counts
    assert f"come of {sum(counts.values())} texts" in readme
