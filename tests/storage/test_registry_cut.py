"""A registry's beginning, cut short before each thing that it does for good."""

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import Engine, event
from typer.testing import CliRunner

from ostiary.cli.application import app
from ostiary.credential import new_issuer_key
from ostiary.errors import OstiaryError
from ostiary.storage.home import Home
from ostiary.storage.registry import open_registry
from ostiary.storage.registry.registry import Registry
from tests.registries import BY, wanted

SIZE = 24
MOST_STEPS = 200


class CutError(BaseException):
    """The power is gone."""


@contextmanager
def cut_before(step: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stop before the commit, or the publication of a file, of that number."""
    steps = itertools.count()

    def count(*_: object) -> None:
        if next(steps) == step:
            raise CutError

    def counted(act: Callable[..., None]) -> Callable[..., None]:
        def call(*words: object) -> None:
            count()
            act(*words)

        return call

    event.listen(Engine, "commit", count)
    with monkeypatch.context() as patch:
        for name in ("replace", "link"):
            patch.setattr(os, name, counted(getattr(os, name)))
        try:
            yield
        finally:
            event.remove(Engine, "commit", count)


def init(home: Home) -> BaseException | None:
    words = ["registry", "init", "--home", str(home.path)]
    try:
        return CliRunner().invoke(app, words).exception
    except CutError as cut:
        return cut


def given_by_the_register(home: Home) -> Iterator[int]:
    """What an old desk is given, that knows of no registry."""
    with suppress(OstiaryError):
        yield home.register("acme").hand_out(os.urandom)


def given_by(registry: Registry, count: int) -> Iterator[int]:
    for _ in range(count):
        with suppress(OstiaryError):
            yield registry.reserve(wanted(), BY, os.urandom).index


def cut_at(step: int, home: Home, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the beginning was cut short there; either way all places are single."""
    home.add_issuer(new_issuer_key("acme", os.urandom), "urn:acme", SIZE)
    given = [home.register("acme").hand_out(os.urandom) for _ in range(4)]
    home.register("acme").revoke(given[:1])
    with cut_before(step, monkeypatch):
        failed = init(home)
    given += given_by_the_register(home)
    with suppress(OstiaryError):
        given += given_by(open_registry(home), 2)
    # Whoever comes next does it again, perhaps twice.
    assert [init(home), init(home)] == [None, None]
    given += given_by_the_register(home)
    registry = open_registry(home)
    given += given_by(registry, SIZE)
    assert sorted(given) == list(range(SIZE))
    with registry.held("acme", 1) as (_, bits):
        assert int.from_bytes(bits, "little") == 1 << given[0]
    return isinstance(failed, CutError)


def test_wherever_a_beginning_is_cut_short_no_place_is_handed_out_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = itertools.takewhile(
        lambda step: cut_at(step, Home(tmp_path / str(step)), monkeypatch),
        range(MOST_STEPS),
    )
    assert 10 < len(list(cut)) < MOST_STEPS
