"""How much attention an idle scene gets: the rule, the pictures, the camera's pace."""

from ostiary.capture.idling import Idling, advance
from ostiary.capture.motion import Motion
from ostiary.capture.pace import Pace
from ostiary.terms import Frame


class Attention:
    """Looks for motion, and slows the camera down while there is none.

    Args:
        pace: what the camera keeps to.
    """

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._motion = Motion()
        self._idling: Idling | None = None

    def look(self, frame: Frame) -> bool:
        """Whether to look for codes in this picture of a scene that is idle."""
        seconds = frame.seconds
        idling = self._idling or Idling(moved=seconds, looked=seconds)
        idling = advance(idling, self._motion.change(frame.image), seconds)
        self._idling, self._pace.seconds = idling, idling.pace(seconds)
        return idling.looked == seconds

    def rouse(self) -> None:
        """Take every picture: somebody is being served, or the camera fails."""
        if self._idling is not None:
            self._idling = None
            self._motion.forget()
            self._pace.seconds = 0.0
