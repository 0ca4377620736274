"""Presentation-attack detection (ISO/IEC 30107-3): evidence, one file for each source.

Pure: numbers go in, decisions come out.
"""

from ostiary.presentation.appearance import ATTACK, SUFFICES, decide, judge

__all__ = ["ATTACK", "SUFFICES", "decide", "judge"]
