"""Vectors that others published: each refused for the reason that the table gives."""

import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from ostiary.credential import GateKnowledge, new_zone_key, verify
from ostiary.credential.text import read_text
from ostiary.errors import CredentialError
from tests.owner import in_force

pytestmark = pytest.mark.published

ROOT: Final = Path(__file__).parents[2]
ROW: Final = re.compile(
    r"^\| `(\w+/[\w-]+)` \| `([\w-]+)` \| `([\w-]+)` \| (.+) \|$", re.M
)
TABLE: Final = {
    name: (sealed, unsealed)
    for name, sealed, unsealed, _why in ROW.findall(
        (ROOT / "docs/spec/interoperability.md").read_text(encoding="utf-8")
    )
}
AT: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY: Final = timedelta(days=1)


@pytest.fixture(scope="module")
def published() -> dict[str, str]:
    """Name -> text, as `claim169` publishes them."""
    directory = os.environ.get("OSTIARY_VECTORS", "")
    if not directory:
        pytest.skip("OSTIARY_VECTORS names no directory of published vectors")
    paths = sorted((Path(directory) / "claim169").glob("*/*.json"))
    return {
        f"{path.parent.name}/{path.stem}": json.loads(path.read_text("utf-8"))[
            "qr_data"
        ]
        for path in paths
    }


def refusal(text: str, *, unsealed: bool) -> str:
    """The reason that a gate gives; no published vector is for a gate."""
    zone_key = new_zone_key("north", 0, AT - DAY, AT + DAY, lambda size: b"\1" * size)
    knowledge = GateKnowledge(
        zone="north",
        zone_keys=(zone_key,),
        trust=in_force(),
        status_lists=(),
        max_status_age=DAY,
        extractor="retail-0095/1",
        dimensions=256,
        unsafe_accept_unsealed=unsealed,
        unsafe_accept_without_status=unsealed,
    )
    with pytest.raises(CredentialError) as caught:
        verify(text, knowledge, AT)
    return caught.value.reason.value


def test_the_table_lists_every_published_vector(published: dict[str, str]) -> None:
    assert TABLE.keys() == published.keys()


@pytest.mark.parametrize("name", sorted(TABLE))
def test_a_published_vector_is_refused_for_its_reason(
    published: dict[str, str], name: str
) -> None:
    text = published[name]
    reasons = refusal(text, unsealed=False), refusal(text, unsealed=True)
    assert reasons == TABLE[name]


def test_every_valid_one_is_read_as_text(published: dict[str, str]) -> None:
    valid = [text for name, text in published.items() if name.startswith("valid/")]
    tags = {read_text(text)[:1] for text in valid}
    assert tags == {b"\xd0", b"\xd2"}  # COSE_Encrypt0 and COSE_Sign1
