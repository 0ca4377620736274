"""What keeps a search from being one."""

from ostiary.errors import OstiaryError


class ResidueError(OstiaryError):
    """The search could not be made whole, so that it would prove nothing."""
