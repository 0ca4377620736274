"""Door drivers, one file each; `gate/doors.py` says which one a gate has."""

from ostiary.actuators.simulated import SimulatedDoor

__all__ = ["SimulatedDoor"]
