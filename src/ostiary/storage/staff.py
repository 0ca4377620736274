"""The file of staff accounts: read anew when it changed."""

from typing_extensions import override

from ostiary.staff import MAX_BYTES, Accounts, dump_accounts, load_accounts
from ostiary.storage.private_file import PrivateFile


class StaffFile(PrivateFile[Accounts]):
    """Of accounts; without a file, nobody."""

    __slots__ = ()

    most_bytes = MAX_BYTES
    nothing = Accounts()

    @override
    def load(self, data: bytes) -> Accounts:
        return load_accounts(data)

    @override
    def dump(self, content: Accounts) -> bytes:
        return dump_accounts(content)
