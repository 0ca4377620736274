"""The running gate: wiring, clocks, and the effects that the transaction asks for."""
