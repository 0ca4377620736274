"""Why an access decision came out as it did: one closed list, each with its advice.

A reason is a value, never free text, so that it can be counted, translated and tested,
and so that no message can carry a name or anything biometric. The advice table says
what the person at the door and the attendant can each do about it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Reason(StrEnum):
    """Every reason of a decision, a hint or an alarm, in the order of their coming."""

    # The text of the credential, layer by layer.
    SEVERAL_PASSES = "several-passes"
    TEXT_TOO_LONG = "text-too-long"
    TEXT_NOT_BASE45 = "text-not-base45"
    ZLIB_DAMAGED = "zlib-damaged"
    ZLIB_TRAILING = "zlib-trailing"
    INFLATES_TOO_FAR = "inflates-too-far"
    CBOR_TRUNCATED = "cbor-truncated"
    CBOR_TRAILING = "cbor-trailing"
    CBOR_INDEFINITE = "cbor-indefinite"
    CBOR_NOT_CANONICAL = "cbor-not-canonical"
    CBOR_DUPLICATE_KEY = "cbor-duplicate-key"
    CBOR_TOO_DEEP = "cbor-too-deep"
    CBOR_TOO_MANY = "cbor-too-many"
    CBOR_UNSUPPORTED = "cbor-unsupported"
    COSE_MALFORMED = "cose-malformed"
    COSE_ALGORITHM = "cose-algorithm"
    # What it is judged by.
    CLOCK_BEHIND = "clock-behind"
    TRUST_EXPIRED = "trust-expired"
    TRUST_ROLLED_BACK = "trust-rolled-back"
    # Opening and origin.
    NOT_SEALED = "not-sealed"
    NO_RECIPIENT = "no-recipient"
    ZONE_KEY_UNLISTED = "zone-key-unlisted"
    ZONE_KEY_ENDED = "zone-key-ended"
    ZONE_KEY_COMPROMISED = "zone-key-compromised"
    CANNOT_UNSEAL = "cannot-unseal"
    ISSUER_UNKNOWN = "issuer-unknown"
    ISSUER_NOT_CURRENT = "issuer-not-current"
    ISSUER_COMPROMISED = "issuer-compromised"
    SIGNATURE_INVALID = "signature-invalid"
    # What it says.
    CLAIMS_MALFORMED = "claims-malformed"
    ISSUED_IN_FUTURE = "issued-in-future"
    NOT_YET_VALID = "not-yet-valid"
    EXPIRED = "expired"
    OUTLIVES_ZONE_KEY = "outlives-zone-key"
    AUDIENCE_MISSING = "audience-missing"
    WRONG_ZONE = "wrong-zone"
    ISSUER_NOT_FOR_ZONE = "issuer-not-for-zone"
    OUTSIDE_HOURS = "outside-hours"
    STATUS_MISSING = "status-missing"
    STATUS_UNKNOWN = "status-unknown"
    STATUS_INVALID = "status-invalid"
    STATUS_ROLLED_BACK = "status-rolled-back"
    STATUS_STALE = "status-stale"
    STATUS_IN_FUTURE = "status-in-future"
    REVOKED = "revoked"
    REFERENCE_MALFORMED = "reference-malformed"
    REFERENCE_INCOMPATIBLE = "reference-incompatible"
    # How often it was tried.
    TRIED_TOO_OFTEN = "tried-too-often"
    GATE_TRIED_TOO_OFTEN = "gate-tried-too-often"
    # The face.
    NO_FACE = "no-face"
    SEVERAL_FACES = "several-faces"
    FACE_TOO_CLOSE = "face-too-close"
    FACE_TOO_SMALL = "face-too-small"
    FACE_CUT_OFF = "face-cut-off"
    FACE_TURNED = "face-turned"
    FACE_COVERED = "face-covered"
    EYES_COVERED = "eyes-covered"
    FACE_TOO_DARK = "face-too-dark"
    FACE_TOO_BRIGHT = "face-too-bright"
    FACE_HALF_LIT = "face-half-lit"
    EYES_CLOSED = "eyes-closed"
    FACE_BLURRED = "face-blurred"
    ATTACK_SUSPECTED = "attack-suspected"
    ATTACK_NOT_ASSESSED = "attack-not-assessed"
    OTHER_MOVE = "other-move"
    NOT_MOVED = "not-moved"
    NON_MATCH = "non-match"
    # The lane without a face.
    ATTENDANT_DECLINED = "attendant-declined"
    ATTENDANT_ABSENT = "attendant-absent"
    # The machine.
    GATE_NOT_READY = "gate-not-ready"
    POWER_FAILING = "power-failing"
    CAMERA_FAULT = "camera-fault"
    CAMERA_BLANK = "camera-blank"
    CAMERA_REPEATS = "camera-repeats"
    CAMERA_CHANGED = "camera-changed"
    READER_FAULT = "reader-fault"
    DOOR_FAULT = "door-fault"
    # The passage.
    NOBODY_PASSED = "nobody-passed"
    DOOR_FORCED = "door-forced"
    DOOR_HELD_OPEN = "door-held-open"
    SECOND_PERSON = "second-person"
    SENSOR_STUCK = "sensor-stuck"
    WIRED_RELEASE = "wired-release"
    LOCK_UNPOWERED = "lock-unpowered"
    # Why a door opened.
    HOLDER_VERIFIED = "holder-verified"
    ATTENDANT_CONFIRMED = "attendant-confirmed"
    OPENED_BY_HAND = "opened-by-hand"


@dataclass(frozen=True, slots=True)
class Advice:
    """What each of the two people concerned can do next.

    Attributes:
        holder: a sentence for the person at the door.
        attendant: a sentence for the attendant.
    """

    holder: str
    attendant: str


_UNREADABLE: Final = Advice(
    "This code could not be read. Flatten it or brighten the screen; show it again.",
    "Not a pass of ours, or a damaged one. Print it again at the desk.",
)
_FOREIGN: Final = Advice(
    "This pass was not issued for here. Please ask the attendant.",
    "No trusted issuer stands behind this pass. Do not let it count as one.",
)
_STATUS: Final = Advice(
    "The gate cannot check this pass at the moment. Please ask the attendant.",
    "Bring the gate a fresh status list of this pass's issuer, and check its clock.",
)

ADVICE: Final[Mapping[Reason, Advice]] = MappingProxyType(
    {
        Reason.SEVERAL_PASSES: Advice(
            "Show one pass at a time, please.",
            "More than one valid pass was held up.",
        ),
        Reason.TEXT_TOO_LONG: _UNREADABLE,
        Reason.TEXT_NOT_BASE45: _UNREADABLE,
        Reason.ZLIB_DAMAGED: _UNREADABLE,
        Reason.ZLIB_TRAILING: _UNREADABLE,
        Reason.INFLATES_TOO_FAR: _UNREADABLE,
        Reason.CBOR_TRUNCATED: _UNREADABLE,
        Reason.CBOR_TRAILING: _UNREADABLE,
        Reason.CBOR_INDEFINITE: _UNREADABLE,
        Reason.CBOR_NOT_CANONICAL: _UNREADABLE,
        Reason.CBOR_DUPLICATE_KEY: _UNREADABLE,
        Reason.CBOR_TOO_DEEP: _UNREADABLE,
        Reason.CBOR_TOO_MANY: _UNREADABLE,
        Reason.CBOR_UNSUPPORTED: _UNREADABLE,
        Reason.COSE_MALFORMED: _UNREADABLE,
        Reason.COSE_ALGORITHM: _UNREADABLE,
        Reason.CLOCK_BEHIND: Advice(
            "The gate cannot check passes at the moment. Please ask the attendant.",
            "The gate's clock stands behind what it showed before. Set it.",
        ),
        Reason.TRUST_EXPIRED: Advice(
            "The gate cannot check passes at the moment. Please ask the attendant.",
            "The trust list or its root has expired. Bring the gate newer ones.",
        ),
        Reason.TRUST_ROLLED_BACK: Advice(
            "The gate cannot check passes at the moment. Please ask the attendant.",
            "An older or another trust list took a newer one's place. Call the owner.",
        ),
        Reason.NOT_SEALED: Advice(
            "This pass is not sealed, so this gate does not take it. Renew it.",
            "An unsealed pass shows the template to anyone. Renew it at the desk.",
        ),
        Reason.NO_RECIPIENT: Advice(
            "This pass opens other zones, or an older key of this one. Renew it.",
            "The pass is not sealed to a key of this gate: another zone or epoch.",
        ),
        Reason.ZONE_KEY_UNLISTED: Advice(
            "The gate cannot read this pass today. Please ask the attendant.",
            "The trust list does not name this pass's key. Bring the gate a newer one.",
        ),
        Reason.ZONE_KEY_ENDED: Advice(
            "This pass has to be renewed.",
            "The key of this pass has ended: renew the pass, or mend the clock.",
        ),
        Reason.ZONE_KEY_COMPROMISED: Advice(
            "This pass has to be renewed.",
            "The key of this pass is in other hands, so it opens nothing. Renew it.",
        ),
        Reason.CANNOT_UNSEAL: Advice(
            "This pass is damaged or was changed. Please ask the attendant.",
            "The seal does not open: damage or tampering. Issue a new pass.",
        ),
        Reason.ISSUER_UNKNOWN: _FOREIGN,
        Reason.ISSUER_NOT_CURRENT: _FOREIGN,
        Reason.ISSUER_COMPROMISED: Advice(
            "This pass has to be renewed. Please ask the attendant.",
            "Its issuer's key is in other hands: it may be forged. Renew it.",
        ),
        Reason.SIGNATURE_INVALID: Advice(
            "This pass is damaged or was changed. Please ask the attendant.",
            "The issuer's signature does not hold. Treat it as a forgery.",
        ),
        Reason.CLAIMS_MALFORMED: _UNREADABLE,
        Reason.ISSUED_IN_FUTURE: Advice(
            "The gate cannot check this pass at the moment. Please ask the attendant.",
            "Issued later than now: the clock of the gate or the desk is wrong.",
        ),
        Reason.NOT_YET_VALID: Advice(
            "This pass is not valid yet. Look at its first day.",
            "Valid later. Check the gate's clock if that seems wrong.",
        ),
        Reason.EXPIRED: Advice(
            "This pass has expired. Renew it at the desk.",
            "Expired. Check the gate's clock if that seems wrong.",
        ),
        Reason.OUTLIVES_ZONE_KEY: Advice(
            "This pass has to be renewed.",
            "Its last day lies past the end of the zone's key. Issue it again.",
        ),
        Reason.AUDIENCE_MISSING: _FOREIGN,
        Reason.WRONG_ZONE: Advice(
            "This pass does not open this zone.",
            "Sealed to this zone's key, but its list of zones leaves this one out.",
        ),
        Reason.ISSUER_NOT_FOR_ZONE: Advice(
            "This pass was not issued for here. Please ask the attendant.",
            "This issuer may not issue for this zone.",
        ),
        Reason.OUTSIDE_HOURS: Advice(
            "This pass does not open this zone at this hour.",
            "Outside the weekdays and hours of the pass.",
        ),
        Reason.STATUS_MISSING: _FOREIGN,
        Reason.STATUS_UNKNOWN: _STATUS,
        Reason.STATUS_INVALID: _STATUS,
        Reason.STATUS_ROLLED_BACK: Advice(
            "The gate cannot check this pass at the moment. Please ask the attendant.",
            "An older status list took a newer one's place. Call the gate's owner.",
        ),
        Reason.STATUS_STALE: _STATUS,
        Reason.STATUS_IN_FUTURE: _STATUS,
        Reason.REVOKED: Advice(
            "This pass was withdrawn. Please ask at the desk.",
            "Revoked by its issuer.",
        ),
        Reason.REFERENCE_MALFORMED: _UNREADABLE,
        Reason.REFERENCE_INCOMPATIBLE: Advice(
            "This pass was made for another kind of gate. Renew it.",
            "Its template comes from another extractor. Renew it at the desk.",
        ),
        Reason.TRIED_TOO_OFTEN: Advice(
            "This pass was tried too often. The attendant will help you, or wait up to "
            "16 minutes.",
            "Compared in vain again and again: look at the person and the pass. It may "
            "be a copy in other hands; a new pass works at once.",
        ),
        Reason.GATE_TRIED_TOO_OFTEN: Advice(
            "Please wait a minute, or ask the attendant.",
            "Passes were compared in vain again and again. Look who tries, and at the "
            "light. It serves again within a minute.",
        ),
        Reason.NO_FACE: Advice(
            "Step onto the mark and look into the camera.",
            "No face was seen in the standing zone.",
        ),
        Reason.SEVERAL_FACES: Advice(
            "One person at a time, please. The others step back.",
            "More than one face in the standing zone.",
        ),
        Reason.FACE_TOO_CLOSE: Advice(
            "Step back a little, please.",
            "The face filled too much of the standing zone: too close, or a zone drawn "
            "too narrow.",
        ),
        Reason.FACE_TOO_SMALL: Advice(
            "Come closer, please.",
            "The face was too far away.",
        ),
        Reason.FACE_CUT_OFF: Advice(
            "Stand in the middle of the mark, please.",
            "The face was cut off by the edge of the standing zone.",
        ),
        Reason.FACE_TURNED: Advice(
            "Look straight into the camera, please.",
            "The face was turned away.",
        ),
        Reason.FACE_COVERED: Advice(
            "Show nose and mouth, please: no mask, scarf or hand before the face.",
            "Something covered the face. Offer the lane without a face.",
        ),
        Reason.EYES_COVERED: Advice(
            "Take off dark glasses and lift your cap, please.",
            "The eyes could not be seen: dark glasses, a brim, hair.",
        ),
        Reason.FACE_TOO_DARK: Advice(
            "Turn towards the light, please.",
            "The face was too dark: light behind the person, or too little of it.",
        ),
        Reason.FACE_TOO_BRIGHT: Advice(
            "Step out of the glare, please.",
            "The face was too bright: sun or a lamp shines on it. Shade the zone.",
        ),
        Reason.FACE_HALF_LIT: Advice(
            "Turn so that the light falls on the whole face, please.",
            "One half of the face lay in the dark. Light it from the front.",
        ),
        Reason.EYES_CLOSED: Advice(
            "Open your eyes and look into the camera, please.",
            "The eyes were closed.",
        ),
        Reason.FACE_BLURRED: Advice(
            "Hold still for a moment, please.",
            "The picture was blurred: movement, a dirty lens or too little light.",
        ),
        Reason.ATTACK_SUSPECTED: Advice(
            "The gate could not accept this picture. The attendant will help you.",
            "Looks like a picture or a screen, not a person. Go and see.",
        ),
        Reason.ATTACK_NOT_ASSESSED: Advice(
            "The gate could not finish its check. The attendant will help you.",
            "Attack detection gave no result. Look at the person yourself.",
        ),
        Reason.OTHER_MOVE: Advice(
            "That was another move. Show the pass again, or wait for the attendant.",
            "Moves came in another order than asked for: a mistake, or a recording. "
            "Go and see.",
        ),
        Reason.NOT_MOVED: Advice(
            "The gate saw no such move. The attendant will help you; nothing is wrong.",
            "Could not or did not make the moves. Look at the person yourself, or "
            "offer the lane without a face.",
        ),
        Reason.NON_MATCH: Advice(
            "The face and the pass do not fit. Try again, or use the other lane.",
            "Non-match. Offer the lane without a face.",
        ),
        Reason.ATTENDANT_DECLINED: Advice(
            "The attendant did not confirm this pass.",
            "You declined this pass.",
        ),
        Reason.ATTENDANT_ABSENT: Advice(
            "No attendant answered. Please call one and show the pass again.",
            "A pass without a face waited and nobody answered.",
        ),
        Reason.GATE_NOT_READY: Advice(
            "The gate cannot check passes at the moment. Please ask the attendant.",
            "Keys, trust list or record of lists are not in order. Call the owner.",
        ),
        Reason.POWER_FAILING: Advice(
            "The gate sleeps until the power is back. Please ask the attendant.",
            "The power has failed and the battery is low. Take people through by hand; "
            "the gate serves again by itself.",
        ),
        Reason.CAMERA_FAULT: Advice(
            "The camera does not work. Please ask the attendant.",
            "The camera gave no picture. Check its cable and its lens.",
        ),
        Reason.CAMERA_BLANK: Advice(
            "The camera does not see anything. Please ask the attendant.",
            "The picture is black or of one colour: something covers the lens, it is "
            "dark, or the camera is broken.",
        ),
        Reason.CAMERA_REPEATS: Advice(
            "The camera does not work. Please ask the attendant.",
            "The camera showed a picture again, bit by bit: it is stuck, or a "
            "recording is fed in. Look at the camera and its cable.",
        ),
        Reason.CAMERA_CHANGED: Advice(
            "The camera does not work. Please ask the attendant.",
            "The picture changed its size: another camera, or something in its place. "
            "Look at the cable, then start the gate again. Photographs in a folder "
            "have to be of one size.",
        ),
        Reason.READER_FAULT: Advice(
            "The reader for passes does not work. Please ask the attendant.",
            "The scanner or reader is not there. Check its cable; it is taken up again "
            "when it is back.",
        ),
        Reason.DOOR_FAULT: Advice(
            "The door does not answer. Please ask the attendant.",
            "The door driver reported a fault. Check the door and its wiring.",
        ),
        Reason.NOBODY_PASSED: Advice(
            "The door is locked again. Show the pass once more to go through.",
            "Granted, and nobody went through: too slow, or the door sticks.",
        ),
        Reason.DOOR_FORCED: Advice(
            "This door opens with a pass. Please ask the attendant.",
            "The door was opened, or somebody went through, without a grant. Go and "
            "see.",
        ),
        Reason.DOOR_HELD_OPEN: Advice(
            "Please let the door close.",
            "The door stands open. Close it; if it is shut, its contact is stuck or "
            "its wire is cut.",
        ),
        Reason.SECOND_PERSON: Advice(
            "One person for each pass, please.",
            "Two people went through on one grant. Go and see.",
        ),
        Reason.SENSOR_STUCK: Advice(
            "Please keep the passage clear.",
            "The door's sensors cannot be right: something stands in the beam, a wire "
            "is cut, or the contact never moves.",
        ),
        Reason.WIRED_RELEASE: Advice(
            "The door is open in an emergency. Please follow the attendant.",
            "The wired emergency release was used, and the door is open for everybody. "
            "Go and see; reset it when it is safe. If nobody used it, its wire is cut.",
        ),
        Reason.LOCK_UNPOWERED: Advice(
            "The door is open, since its lock has no power.",
            "The lock has no power, and the door is open for everybody. Stand at the "
            "door, and have the lock's supply looked at.",
        ),
        Reason.HOLDER_VERIFIED: Advice("Welcome.", "The holder was verified."),
        Reason.ATTENDANT_CONFIRMED: Advice("Welcome.", "You confirmed this pass."),
        Reason.OPENED_BY_HAND: Advice(
            "Welcome.", "An attendant opened by hand; it stands in the journal."
        ),
    }
)
