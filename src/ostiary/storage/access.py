"""The file of a desk's access tokens: read at each request.

So one that was revoked is out at once.
"""

from typing_extensions import override

from ostiary.staff.access import MAX_BYTES, AccessTokens, dump_tokens, load_tokens
from ostiary.storage.private_file import PrivateFile


class AccessFile(PrivateFile[AccessTokens]):
    """Of tokens; without a file, none."""

    __slots__ = ()

    most_bytes = MAX_BYTES
    nothing = AccessTokens()

    @override
    def load(self, data: bytes) -> AccessTokens:
        return load_tokens(data)

    @override
    def dump(self, content: AccessTokens) -> bytes:
        return dump_tokens(content)
