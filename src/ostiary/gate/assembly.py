"""From a configuration to what a gate is built from, or a refusal to start."""

import secrets

from ostiary.actuators import open_door
from ostiary.config import GateConfig
from ostiary.errors import ConfigurationError
from ostiary.gate.attendants import open_attendant
from ostiary.gate.clock import SystemClock
from ostiary.gate.displays import Display
from ostiary.gate.knowledge import KnowledgeFiles
from ostiary.gate.loop import Equipment
from ostiary.vision.chain import (
    Grade,
    grade_of,
    open_attack_detector,
    open_chain,
    open_motion_meter,
)
from ostiary.vision.store import ModelStore


def equip(config: GateConfig, store: ModelStore, display: Display) -> Equipment:
    """What the gate of a configuration is built from.

    Raises:
        ConfigurationError: a setting that no gate can run on, such as an
            evaluation-grade chain without the setting that allows it.
        ModelError: a model is missing, or is not the one that the catalogue names.
        StorageError: a file of trust or keys is missing or cannot be read.
        TrustListError: a file of trust or keys is not in order.
        ActuatorError: the door does not answer.
    """
    _refuse_weak_chain(config)
    chain = open_chain(config.vision.chain, store)
    attacks = open_attack_detector(config.vision.attack_detector, store)
    knowledge = KnowledgeFiles(config, chain.extractor, chain.dimensions)
    knowledge.at(SystemClock(config.clock_zone).now())
    return Equipment(
        knowledge=knowledge,
        chain=chain,
        attacks=attacks,
        meter=open_motion_meter(config.vision.asking, store),
        randomness=secrets.token_bytes,
        door=open_door(config.passage.door),
        attendant=open_attendant(config.passage.attendant),
        display=display,
        standing_zone=config.vision.zone,
        rules=config.rules(chain.threshold, attacks.threshold),
        time_zone=config.clock_zone,
    )


def _refuse_weak_chain(config: GateConfig) -> None:
    name = config.vision.chain
    allowed = config.vision.unsafe_evaluation_grade_chain
    if grade_of(name) is Grade.EVALUATION and not allowed:
        raise ConfigurationError(
            f"vision.chain {name!r} is of evaluation grade; a gate takes it only "
            "with vision.unsafe_evaluation_grade_chain = true"
        )
