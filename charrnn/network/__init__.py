"""Recurrent networks: cells, recurrence over time, whole networks."""
