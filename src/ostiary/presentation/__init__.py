"""Presentation-attack detection (ISO/IEC 30107-3): evidence, one file for each source.

Pure: numbers go in, decisions come out. `appearance` judges by the looks of single
frames, `parallax` by relief between two, `challenge` by the order of moves; `fusion`
says what follows from them together.
"""

from ostiary.presentation.appearance import ATTACK, SUFFICES, judge

__all__ = ["ATTACK", "SUFFICES", "judge"]
