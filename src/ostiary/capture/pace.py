"""How often a camera has to give a picture: said by whoever looks, heard by its thread.

A camera at rest need not decode what nobody is going to look at.
"""


class Pace:
    """For how long after a picture others may be passed over.

    Attributes:
        seconds: that time; 0: every picture is wanted. One thread sets it, another
            reads it.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
