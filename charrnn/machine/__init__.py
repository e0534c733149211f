"""What charrnn asks of the computer."""

from charrnn.machine.prepare import prepared

__all__ = ["prepared"]
