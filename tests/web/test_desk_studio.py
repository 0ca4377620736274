"""Where faces are looked at: many in turn, each forgotten when its time is over."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

import pytest

from ostiary.desk.enrolment import Enrolment
from ostiary.web.desk.studio import (
    IDLE_SECONDS,
    MOST_ENROLMENTS,
    SECONDS_BETWEEN,
    Seen,
    Studio,
    Unseen,
)
from tests.desk.staged_enrolment import PERSON, StagedChain, picture, staged
from tests.loops import run

CHAIN = StagedChain()


@dataclass
class Clock:
    at: float = 0.0

    def __call__(self) -> float:
        return self.at


def in_studio(
    work: Callable[[Studio, Clock], Coroutine[object, object, None]],
    begin: Callable[[], Enrolment] | None = None,
) -> None:
    clock = Clock()
    studio = Studio(begin or staged(CHAIN), clock)
    try:
        run(work(studio, clock))
    finally:
        studio.close()


async def look(studio: Studio, clock: Clock, who: str) -> Seen | Unseen:
    clock.at += 2 * SECONDS_BETWEEN
    return await studio.look(who, bytearray(picture(PERSON)))


def test_two_people_at_once_are_kept_apart() -> None:
    async def work(studio: Studio, clock: Clock) -> None:
        for who in ("a", "b"):
            assert await studio.begin(who)
        for taken in (1, 2, 3):
            for who in ("a", "b"):
                assert await look(studio, clock, who) == Seen(None, taken, taken == 3)
        await studio.forget("a")
        assert (studio.take("a"), studio.is_complete("b")) == (None, True)
        reference = studio.take("b")
        assert reference is not None
        assert studio.take("b") is None

    in_studio(work)


def test_there_is_room_for_so_many_and_no_more() -> None:
    async def work(studio: Studio, clock: Clock) -> None:
        for number in range(MOST_ENROLMENTS):
            assert await studio.begin(str(number))
        assert not await studio.begin("more")
        # Whoever begins again takes their own place.
        assert await studio.begin("0")
        clock.at += IDLE_SECONDS + 1
        assert await studio.begin("more")

    in_studio(work)


def test_nothing_is_looked_at_that_comes_while_another_is() -> None:
    async def work(studio: Studio, clock: Clock) -> None:
        await studio.begin("a")
        clock.at += 2 * SECONDS_BETWEEN
        both = [studio.look("a", bytearray(picture(PERSON))) for _ in range(2)]
        seen = await asyncio.gather(*both)
        assert Unseen.TOO_SOON in seen

    in_studio(work)


@pytest.mark.parametrize("begun", [True, False])
def test_a_file_is_overwritten_whether_it_was_looked_at_or_not(*, begun: bool) -> None:
    async def work(studio: Studio, clock: Clock) -> None:
        if begun:
            await studio.begin("a")
            clock.at += 2 * SECONDS_BETWEEN
        data = bytearray(picture(PERSON))
        await studio.look("a", data)
        assert not any(data)

    in_studio(work)


def test_a_template_that_nobody_takes_is_overwritten() -> None:
    made: list[Enrolment] = []

    def begin() -> Enrolment:
        made.append(staged(CHAIN)())
        return made[-1]

    async def work(studio: Studio, clock: Clock) -> None:
        await studio.begin("a")
        for _ in range(3):
            await look(studio, clock, "a")
        reference = studio._sittings["a"].reference
        assert reference is not None
        assert any(bytes(reference.data))
        clock.at += IDLE_SECONDS + 1
        await studio.forget_idle()
        assert not any(bytes(reference.data))
        assert await look(studio, clock, "a") is Unseen.NONE_BEGUN

    in_studio(work, begin)


def test_of_two_that_begin_at_once_one_is_left() -> None:
    made: list[Enrolment] = []
    looking = threading.Event()

    def begin() -> Enrolment:
        if made:
            looking.wait(60)
        made.append(staged(CHAIN)())
        return made[-1]

    async def work(studio: Studio, clock: Clock) -> None:
        tabs = [asyncio.create_task(studio.begin("a")) for _ in range(2)]
        while not studio._sittings:
            await asyncio.sleep(0)
        seen = asyncio.create_task(look(studio, clock, "a"))
        await asyncio.sleep(0)
        looking.set()
        assert await seen == Seen(None, 1, is_complete=False)
        await asyncio.gather(*tabs)
        assert [each.taken for each in made] == [0, 0]
        assert not CHAIN.taken[-1].values.any()

    in_studio(work, begin)
