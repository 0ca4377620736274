"""Every limit of the credential formats, in one place, with its unit.

A reader meets the limit before it does the work that the limit bounds.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds; what reaches past one is refused, never cut.

    Attributes:
        text_characters: base45 text; what a QR code of version 40-L holds in its
            alphanumeric mode (ISO/IEC 18004).
        inflated_bytes: a credential after zlib; the cap of the claim169 library.
        cbor_depth: nesting of arrays, maps and tags; 1 is the outermost item.
        cbor_items: items of one encoding, keys and whatever is enclosed included; what
            a legal one needs stays under a third.
        recipients: zone keys that one credential is sealed to, and its zones.
        name_bytes: an issuer's, zone's or extractor's name, in UTF-8.
        uri_characters: the address of a status list, in ASCII.
        windows_per_zone: hours of one zone.
        template_bytes: a coded template.
        latest_second: seconds since 1970; the end of the year 9999, past which
            Python's `datetime` ends.
        clock_skew: how far in the future an issuer's clock may seem to be.
        token_uri_characters: where a hardware token keeps a key.
        file_signature_bytes: a signature that lies beside the file that it is of.
        clock_setback: how far a gate's clock may stand behind the highest time seen.
        clock_step: how far the highest time seen rises before it is written down.
        key_file_bytes: one key.
        root_file_bytes: a root document.
        role_keys: owners' keys of one role; a file has at most twice as many
            signatures, since a new root document carries those of the old one's too.
        trust_file_bytes: a trust list, and the draft of one.
        trust_entries: keys that one trust list names.
        trust_items: items of a trust list, as `cbor_items`.
        high_water_bytes: a gate's record of the newest status lists it has used.
        status_token_bytes: a signed status list as it is stored.
        status_list_bytes: its bits once inflated; 8 credentials a byte.
    """

    text_characters: int = 4_296
    inflated_bytes: int = 65_536
    cbor_depth: int = 8
    cbor_items: int = 1_024
    recipients: int = 4
    name_bytes: int = 64
    uri_characters: int = 256
    windows_per_zone: int = 14
    template_bytes: int = 1_024
    latest_second: int = 253_402_300_799
    clock_skew: timedelta = timedelta(seconds=60)
    token_uri_characters: int = 1_024
    file_signature_bytes: int = 512
    clock_setback: timedelta = timedelta(minutes=5)
    clock_step: timedelta = timedelta(minutes=10)
    key_file_bytes: int = 4_096
    root_file_bytes: int = 16_384
    role_keys: int = 16
    trust_file_bytes: int = 262_144
    trust_entries: int = 512
    trust_items: int = 16_384
    high_water_bytes: int = 131_072
    status_token_bytes: int = 4_194_304
    status_list_bytes: int = 8_388_608


LIMITS: Final = Limits()
