"""What the pages know of the attendant, and how long."""

import asyncio
from collections.abc import Callable

import pytest

from ostiary.web.gate import board as module
from ostiary.web.gate.board import Board, Help
from ostiary.web.gate.link import HelpWanted, Kind, Message, Scene
from tests import loops


def on_a_board(act: Callable[[Board], object]) -> list[Message]:
    """What the gate hears while something is done with a board."""
    told: list[Message] = []

    async def run() -> None:
        act(Board(told.append))

    loops.run(run())
    return told


def test_an_attendant_is_called_once_and_comes() -> None:
    said: list[Help] = []

    def act(board: Board) -> None:
        steps = (
            board.answer_help,
            board.call_for_help,
            board.call_for_help,
            board.answer_help,
            board.call_for_help,
            board.end_help,
        )
        for do in steps:
            do()
            said.append(board.help)

    assert on_a_board(act) == [HelpWanted()]
    called, coming, none = Help.CALLED, Help.COMING, Help.NOT_CALLED
    assert said == [none, called, called, coming, coming, none]


def test_a_call_that_nobody_answers_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.01)

    async def run() -> None:
        board = Board(lambda _: None)
        board.call_for_help()
        await asyncio.sleep(0.05)
        assert board.help is Help.NOT_CALLED

    loops.run(run())


def test_a_picture_is_overwritten_when_no_face_is_awaited() -> None:
    def act(board: Board) -> None:
        board.show(Scene(Kind.LOOK, turn=1))
        board.reflect(memoryview(b"face"))
        held = board._picture
        assert board.picture() == b"face"
        board.reflect(memoryview(b"more"))
        assert board.picture() == b"more"
        board.show(Scene(Kind.OPENING, turn=2))
        assert held == bytearray()
        assert board.picture() == b""
        board.reflect(memoryview(b"late"))
        assert board.picture() == b""

    on_a_board(act)
