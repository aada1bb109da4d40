"""Isthmus and Synapse under the same load on the same core; scripts/bench runs it."""
