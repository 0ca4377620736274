"""Credentials: formats, keys, trust, status, issuance and verification.

Pure: bytes, values and a time go in, values come out.
"""

from ostiary.credential.claims import Claims, Hours, StatusReference
from ostiary.credential.handover import hand_over, receivers, take_over
from ostiary.credential.high_water import (
    HighWater,
    dump_high_water,
    load_high_water,
)
from ostiary.credential.inspection import (
    OpenedView,
    OutsideView,
    inspect_opened,
    inspect_outside,
)
from ostiary.credential.issuance import check_zone_keys, issue, issue_unsealed
from ostiary.credential.keys import (
    AnyKey,
    GateKey,
    GatePublicKey,
    IssuerKey,
    IssuerPublicKey,
    PrivateKey,
    PublicKey,
    Randomness,
    RootKey,
    RootPublicKey,
    SettingsKey,
    SettingsPublicKey,
    Signer,
    SigningKey,
    VerifyingKey,
    ZoneKey,
    ZonePublicKey,
    dump_key,
    load_key,
    new_gate_key,
    new_issuer_key,
    new_root_key,
    new_settings_key,
    new_zone_key,
)
from ostiary.credential.limits import LIMITS, Limits
from ostiary.credential.status import StatusList, read_status_list, sign_status_list
from ostiary.credential.template import (
    BiometricReference,
    Coding,
    decode_template,
    encode_template,
)
from ostiary.credential.trust import TrustedIssuer, TrustList, dump_trust, load_trust
from ostiary.credential.verification import GateKnowledge, VerifiedCredential, verify

__all__ = [
    "LIMITS",
    "AnyKey",
    "BiometricReference",
    "Claims",
    "Coding",
    "GateKey",
    "GateKnowledge",
    "GatePublicKey",
    "HighWater",
    "Hours",
    "IssuerKey",
    "IssuerPublicKey",
    "Limits",
    "OpenedView",
    "OutsideView",
    "PrivateKey",
    "PublicKey",
    "Randomness",
    "RootKey",
    "RootPublicKey",
    "SettingsKey",
    "SettingsPublicKey",
    "Signer",
    "SigningKey",
    "StatusList",
    "StatusReference",
    "TrustList",
    "TrustedIssuer",
    "VerifiedCredential",
    "VerifyingKey",
    "ZoneKey",
    "ZonePublicKey",
    "check_zone_keys",
    "decode_template",
    "dump_high_water",
    "dump_key",
    "dump_trust",
    "encode_template",
    "hand_over",
    "inspect_opened",
    "inspect_outside",
    "issue",
    "issue_unsealed",
    "load_high_water",
    "load_key",
    "load_trust",
    "new_gate_key",
    "new_issuer_key",
    "new_root_key",
    "new_settings_key",
    "new_zone_key",
    "read_status_list",
    "receivers",
    "sign_status_list",
    "take_over",
    "verify",
]
