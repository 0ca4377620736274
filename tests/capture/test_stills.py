from datetime import UTC, datetime

import numpy as np

from ostiary.capture.stills import LONG_AFTER, SECONDS_PER_STILL, Stills

START = datetime(2026, 11, 21, 12, tzinfo=UTC)


class StandingClock:
    def now(self) -> datetime:
        return START

    def seconds(self) -> float:
        return 100.0


def test_pictures_come_in_their_order_and_a_blank_one_long_after() -> None:
    images = [np.full((4, 6, 3), value, np.uint8) for value in (1, 2)]
    stills = Stills(images, StandingClock())

    *shown, blank = stills.frames()
    stills.close()

    assert all(frame.image is image for frame, image in zip(shown, images, strict=True))
    assert [frame.seconds for frame in shown] == [100.0, 100.0 + SECONDS_PER_STILL]
    assert not blank.image.any()
    assert (blank.at, blank.seconds) == (START, 100.0 + LONG_AFTER)
