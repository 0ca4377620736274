"""The issuer's registry: which passes there are, and nothing biometric.

Its database needs the extra `desk`; the values of `records` do not.
"""

from typing import TYPE_CHECKING

from ostiary.errors import ConfigurationError
from ostiary.storage.home import Home
from ostiary.storage.registry.records import Place

if TYPE_CHECKING:
    from ostiary.storage.registry.registry import Registry


def open_registry(home: Home) -> "Registry":
    """The registry that a home is connected with.

    Raises:
        ConfigurationError: it is connected with none, or the extra is missing.
        StorageError: it cannot be reached, or its schema is another one.
    """
    place = required_place(home)
    require_extra()
    from ostiary.storage.registry.registry import Registry  # noqa: PLC0415 - the extra

    return Registry.connect(place)


def required_place(home: Home) -> Place:
    """Where the registry of a home is.

    Raises:
        ConfigurationError: it is connected with none.
    """
    place = Place.of(home)
    if place is None:
        raise ConfigurationError(
            f"{home.path} has no registry; make one: ostiary registry init"
        )
    return place


def require_extra() -> None:
    """Say how to install what a registry needs, where it is missing.

    Raises:
        ConfigurationError: the extra is not installed.
    """
    try:
        import alembic  # noqa: F401, PLC0415 - the extra
        import sqlalchemy  # noqa: F401, PLC0415
    except ImportError:
        raise ConfigurationError(
            "a registry needs the extra: pip install 'ostiary[desk]'"
        ) from None
