"""Numbers of COSE (IANA's registries; RFC 9052, 9053, 9596, 9864), by name."""

from enum import IntEnum


class Tag(IntEnum):
    """CBOR tags around messages."""

    SIGN1 = 18
    CWT = 61
    ENCRYPT = 96
    SIGN = 98


class Header(IntEnum):
    """Header parameters."""

    ALGORITHM = 1
    KEY_IDENTIFIER = 4
    IV = 5
    TYPE = 16
    EPHEMERAL_KEY = -1


class Algorithm(IntEnum):
    """The only algorithms that occur."""

    A256GCM = 3
    A256KW = -5
    EDDSA = -8
    ED25519 = -19
    ECDH_ES_A256KW = -31


class KeyParameter(IntEnum):
    """Parameters of a key of type OKP (octet key pair)."""

    TYPE = 1
    CURVE = -1
    X = -2


class KeyType(IntEnum):
    """Types of key."""

    OKP = 1


class Curve(IntEnum):
    """Curves of OKP keys."""

    X25519 = 4
    ED25519 = 6
