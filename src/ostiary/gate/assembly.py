"""From a configuration to what a gate is built from, or a refusal to start."""

import hashlib
import secrets
from datetime import datetime

from ostiary.calibration import (
    MAX_BYTES,
    Calibration,
    check_calibration,
    dump_calibration,
    load_calibration,
)
from ostiary.capture.readers import open_reader
from ostiary.config import GateConfig
from ostiary.credential import FileKind
from ostiary.errors import ConfigurationError
from ostiary.gate.attendants import open_attendant
from ostiary.gate.clock import SystemClock
from ostiary.gate.displays import Display
from ostiary.gate.doors import open_door
from ostiary.gate.knowledge import KnowledgeFiles
from ostiary.gate.loaded import Loaded, certificate_loaded, threshold_digest
from ostiary.gate.loop import Equipment
from ostiary.gate.signed_settings import SettingsGuard
from ostiary.journal import OwnerActKind
from ostiary.storage.attempts import AttemptsFile
from ostiary.storage.files import read_limited
from ostiary.vision.chain import (
    FaceChain,
    Grade,
    grade_of,
    open_attack_detector,
    open_chain,
    open_motion_meter,
)
from ostiary.vision.store import ModelStore


def equip(
    config: GateConfig,
    store: ModelStore,
    display: Display,
    digest: bytes | None = None,
) -> Equipment:
    """What the gate of a configuration is built from.

    Args:
        config: the configuration.
        store: where the models lie.
        display: where decisions are shown.
        digest: SHA-256 of the file that the configuration was read from, for the
            gate's journal; None: of none.

    Raises:
        ConfigurationError: a setting that no gate can run on, such as an
            evaluation-grade chain without the setting that allows it, or a calibration
            that was made for another chain.
        ModelError: a model is missing, or is not the one that the catalogue names.
        StorageError: a file of trust or keys is missing or cannot be read.
        TrustListError: a file of trust or keys is not in order, or a calibration is
            not signed as the trust list asks.
        ActuatorError: the door does not answer.
        UnfitSourceError: the credential reader's device can never be one.
    """
    _refuse_weak_chain(config)
    chain = open_chain(config.vision.chain, store)
    attacks = open_attack_detector(config.vision.attack_detector, store)
    clock = SystemClock(config.clock_zone)
    now = clock.now()
    calibration = read_calibration(config, chain, now)
    threshold = chain.threshold if calibration is None else calibration.threshold
    knowledge = KnowledgeFiles(config, chain.extractor, chain.dimensions)
    knowledge.at(now)
    return Equipment(
        knowledge=knowledge,
        chain=chain,
        attacks=attacks,
        meter=open_motion_meter(config.vision.asking),
        randomness=secrets.token_bytes,
        door=open_door(config),
        attendant=open_attendant(config.passage.attendant),
        display=display,
        standing_zone=config.vision.zone,
        rules=config.rules(threshold),
        calibration=calibration,
        loaded={
            **({} if digest is None else {OwnerActKind.CONFIGURATION_LOADED: digest}),
            **_loaded(config, chain, calibration, threshold),
        },
        time_zone=config.clock_zone,
        attempts=AttemptsFile(config.files.attempts),
        # Last, since it begins to read: after everything that can refuse.
        reader=open_reader(
            config.reader.driver, config.reader.device, config.reader.baud, clock
        ),
    )


def _loaded(
    config: GateConfig,
    chain: FaceChain,
    calibration: Calibration | None,
    threshold: float,
) -> Loaded:
    """What of it the journal is told; a calibration as its one file."""
    changed = threshold_digest(f"{chain.extractor}/{chain.coding}", threshold)
    loaded = {OwnerActKind.THRESHOLD_CHANGED: changed}
    if calibration is not None:
        digest = hashlib.sha256(dump_calibration(calibration)).digest()
        loaded[OwnerActKind.CALIBRATION_LOADED] = digest
    return {**loaded, **certificate_loaded(config.pages)}


def read_calibration(
    config: GateConfig, chain: FaceChain, at: datetime
) -> Calibration | None:
    """What the threshold is taken from; None: the built-in one is in force.

    Raises:
        ConfigurationError: it was made for another chain, or is no calibration.
        StorageError: it cannot be read.
        TrustListError: it is not signed as the trust list asks.
    """
    path = config.files.calibration
    if path is None:
        return None
    content = read_limited(path, MAX_BYTES)
    SettingsGuard.of(config.files, at).check(path, content, FileKind.CALIBRATION)
    try:
        calibration = load_calibration(content)
        frames = config.vision.probe_frames
        check_calibration(calibration, chain.extractor, chain.coding, frames)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from None
    return calibration


def _refuse_weak_chain(config: GateConfig) -> None:
    name = config.vision.chain
    allowed = config.vision.unsafe_evaluation_grade_chain
    if grade_of(name) is Grade.EVALUATION and not allowed:
        raise ConfigurationError(
            f"vision.chain {name!r} is of evaluation grade; a gate takes it only "
            "with vision.unsafe_evaluation_grade_chain = true"
        )
