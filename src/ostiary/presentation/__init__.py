"""Presentation-attack detection (ISO/IEC 30107-3): evidence, one file for each source.

Pure: numbers go in, decisions come out.
"""

from ostiary.presentation.appearance import CLEAR_ATTACK, decide

__all__ = ["CLEAR_ATTACK", "decide"]
