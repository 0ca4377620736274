"""The published vectors are what the script writes, and do what they say."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ostiary.credential import (
    AnyEntry,
    GateKnowledge,
    GatePublicKey,
    HighWater,
    IssuerPublicKey,
    StatusList,
    TrustList,
    ZoneKey,
    ZonePublicKey,
    load_key,
    read_next_root,
    read_root,
    read_status_list,
    read_trust,
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


def trust_list(context: dict[str, Any], name: str) -> TrustList:
    root = read_root(bytes.fromhex(context["root"]))
    return read_trust(bytes.fromhex(context["trust_lists"][name]), root)


def usable(token: bytes, trust: TrustList, at: datetime) -> tuple[StatusList, ...]:
    """The list, if a gate can use it; else it goes on without."""
    try:
        return (read_status_list(token, trust, at),)
    except TrustListError:
        return ()


def knowledge(gate: dict[str, Any], at: datetime) -> GateKnowledge:
    context = load(VECTORS / "context.json")
    trust = trust_list(context, gate["trust_list"])
    older = trust_list(context, gate.get("used_trust_list", gate["trust_list"]))
    token = bytes.fromhex(context["status_tokens"][gate["status_list"]])
    used = context["status_tokens"][gate.get("used_status_list", gate["status_list"])]
    seen = usable(bytes.fromhex(used), trust, at)
    time = gate.get("highest_time")
    mark = HighWater(time=None if time is None else datetime.fromisoformat(time))
    return GateKnowledge(
        zone=gate["zone"],
        zone_keys=tuple(
            zone_key(context["zone_keys"][name]) for name in gate["zone_keys"]
        ),
        trust=trust,
        status_lists=usable(token, trust, at),
        max_status_age=timedelta(seconds=context["max_status_age_seconds"]),
        extractor=context["extractor"],
        dimensions=context["dimensions"],
        high_water=mark.raised_by(seen, at).raised_by_trust(older, at),
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
    trust = trust_list(load(VECTORS / "context.json"), "usual")
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


def read_root_vector(vector: dict[str, Any]) -> dict[str, Any]:
    file = bytes.fromhex(vector["file"])
    if "after" not in vector:
        return {"version": read_root(file).version}
    before = read_root(bytes.fromhex(vector["after"]))
    return {"version": read_next_root(file, before).version}


def read_trust_vector(vector: dict[str, Any]) -> dict[str, Any]:
    root = read_root(bytes.fromhex(load(VECTORS / "context.json")["root"]))
    trust = read_trust(bytes.fromhex(vector["file"]), root)
    at = datetime.fromisoformat(vector["at"])
    return {
        "version": trust.version,
        "root_version": trust.root_version,
        "issued_at": trust.issued_at.isoformat(),
        "expires_at": trust.expires_at.isoformat(),
        "states": {name(entry): entry.life.state(at) for entry in trust.entries},
    }


def name(entry: AnyEntry) -> str:
    match entry.key:
        case ZonePublicKey() as key:
            return f"zone {key.zone} {key.epoch}"
        case key:
            kinds = {IssuerPublicKey: "issuer", GatePublicKey: "gate"}
            return f"{kinds.get(type(key), 'settings')} {key.name}"


@pytest.mark.parametrize(
    ("read", "path"),
    [
        (read, path)
        for folder, read in (("root", read_root_vector), ("trust", read_trust_vector))
        for path in sorted(VECTORS.glob(f"{folder}/*.json"))
    ],
    ids=lambda value: value.stem if isinstance(value, Path) else "",
)
def test_a_document_of_trust_does_what_it_says(
    read: Callable[[dict[str, Any]], dict[str, Any]], path: Path
) -> None:
    vector = load(path)
    assert vector["name"] == path.stem
    try:
        observed = read(vector)
    except TrustListError as error:
        observed = {"refused": str(error)}
    assert observed == vector["expected"]
    assert ("refused" in observed) != path.stem.startswith("accepted")


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
