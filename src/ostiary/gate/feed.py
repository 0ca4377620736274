"""Looks at whether the camera's pictures are fresh, and keeps digests to tell."""

from ostiary.capture.digests import Digests
from ostiary.presentation.injection import Feed, Picture, watch
from ostiary.reasons import Reason
from ostiary.terms import Frame


class FeedWatch:
    """Watches the pictures that are taken while a face is awaited.

    What it keeps are digests under a key of this process alone, in memory, without
    their times: nobody can tell from one what a picture showed.
    """

    def __init__(self) -> None:
        self._digests = Digests()
        self._feed = Feed()

    def look(self, frame: Frame) -> Reason | None:
        """Why the camera is not to be believed; None: nothing speaks against it."""
        picture = Picture(frame.image.shape[:2], self._digests.of(frame.image))
        self._feed, reason = watch(self._feed, picture, frame.seconds)
        return reason
