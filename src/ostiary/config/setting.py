"""One setting of a section: its default, its unit, where the default comes from."""

import dataclasses
from typing import Any, Final

REQUIRED: Final = dataclasses.MISSING
"""In the place of a default: the setting has to be given."""


def setting(
    default: object,
    *,
    unit: str,
    source: str,
    within: tuple[float, float] | None = None,
) -> Any:  # noqa: ANN401 - as dataclasses.field
    """A setting.

    Args:
        default: what holds where it is not given.
        unit: of its value; empty where there is none.
        source: where the default comes from.
        within: the least and the greatest number that it may be.
    """
    metadata = {"unit": unit, "source": source, "within": within}
    return dataclasses.field(default=default, metadata=metadata)
