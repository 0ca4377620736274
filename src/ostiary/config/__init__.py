"""A gate's configuration: TOML to frozen dataclasses."""

from ostiary.config.operations import Log, Metrics, Power
from ostiary.config.reading import (
    MAX_BYTES,
    check_config,
    load_config,
    parse_config,
    read_config,
)
from ostiary.config.sections import (
    SIMULATED,
    BrokerSettings,
    Credentials,
    Files,
    GateConfig,
    Gpio,
    HomeAssistantSettings,
    MqttDoorSettings,
    OsdpSettings,
    Passage,
    Unpowered,
    Vision,
    sections_of,
    unsafe_settings,
)

__all__ = [
    "MAX_BYTES",
    "SIMULATED",
    "BrokerSettings",
    "Credentials",
    "Files",
    "GateConfig",
    "Gpio",
    "HomeAssistantSettings",
    "Log",
    "Metrics",
    "MqttDoorSettings",
    "OsdpSettings",
    "Passage",
    "Power",
    "Unpowered",
    "Vision",
    "check_config",
    "load_config",
    "parse_config",
    "read_config",
    "sections_of",
    "unsafe_settings",
]
