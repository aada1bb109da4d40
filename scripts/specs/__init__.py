"""The Matrix specification beside the code: scripts/spec-digest and scripts/spec-coverage."""
