"""Many desks at once, and a desk that is killed: no index twice, no pass lost."""

import multiprocessing
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostiary.errors import RegistryError
from ostiary.storage.registry.records import PassState, Place, RevocationReason
from ostiary.storage.registry.registry import LEFT_BEHIND, Registry
from tests.registries import AT, BY, KEY, reserve_many

DESKS = 4


@pytest.fixture(scope="module")
def desks() -> Iterator[ProcessPoolExecutor]:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(DESKS, mp_context=spawn) as pool:
        yield pool


@given(sizes=st.lists(st.sampled_from([8, 16, 24, 40]), min_size=1, max_size=3))
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_desks_at_once_are_never_given_the_same_index(
    desks: ProcessPoolExecutor, database: str, sizes: list[int]
) -> None:
    """To the very last place of every list, where all of them draw the same."""
    tenant = uuid4().hex
    registry = Registry.create(Place(database, tenant, KEY))
    for number, size in enumerate(sizes):
        registry.add_list("acme", f"urn:acme:{tenant}:{number}", size)
    total = sum(sizes)
    shares = [total // DESKS + (desk < total % DESKS) for desk in range(DESKS)]
    jobs = [desks.submit(reserve_many, database, tenant, share) for share in shares]
    given = [place for job in jobs for place in job.result()]
    assert len(given) == len(set(given)) == total
    with pytest.raises(RegistryError, match="place left"):
        reserve_many(database, tenant, 1)


def test_a_killed_desk_loses_no_pass_and_invents_none(
    database: str, tmp_path: Path
) -> None:
    registry = Registry.create(Place(database, "main", KEY))
    registry.add_list("acme", f"urn:acme:{uuid4().hex}", 2**12)
    folder, confirmed = tmp_path / "passes", set()
    folder.mkdir()
    draw = random.Random(7)  # noqa: S311 - moments of a test
    for _ in range(3):
        desk = subprocess.Popen(  # noqa: S603 - fixed words
            [sys.executable, "-m", "tests.registries", database, str(folder)],
            stdout=subprocess.PIPE,
            text=True,
        )
        with desk:
            assert desk.stdout is not None
            confirmed.add(desk.stdout.readline().strip())
            time.sleep(draw.uniform(0, 0.15))
            desk.send_signal(signal.SIGKILL)
            confirmed.update(desk.stdout.read().split("\n")[:-1])
    handed_over = {path.name: int(path.read_text() or -1) for path in folder.iterdir()}
    records = {name: registry.record(bytes.fromhex(name)) for name in handed_over}
    assert confirmed <= set(records)
    for name, record in records.items():
        assert handed_over[name] in {record.index, -1}
        assert record.state is PassState.ISSUED or name not in confirmed
    assert len({record.index for record in records.values()}) == len(records)
    # At most one a kill is in doubt; it can be revoked, whoever holds the pass.
    doubtful = registry.left_behind(AT + LEFT_BEHIND)
    assert len(doubtful) <= 3
    for record in doubtful:
        registry.revoke(record.identifier, RevocationReason.NEVER_HANDED_OVER, BY)
    taken = registry.lists("acme")[-1].taken
    issued = sum(record.state is PassState.ISSUED for record in records.values())
    assert taken == issued + len(doubtful)
