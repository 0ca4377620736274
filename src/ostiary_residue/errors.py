"""What keeps a search from being one."""


class ResidueError(Exception):
    """The search could not be made whole, so that it would prove nothing.

    Of no kind of the product's: its commands have an exit code for each of those.
    """
