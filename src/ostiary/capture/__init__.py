"""What the gate and the desk see: cameras, videos, photographs, and the codes in them.

Bad input ends in `CaptureError`. Arrays given out belong to whoever takes them, who
overwrites them when they have served; what is not given out is overwritten here. What
the decoding libraries hold inside is out of reach (see docs/threat-model.md).
"""
