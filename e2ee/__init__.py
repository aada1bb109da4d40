"""End-to-end encryption as a machine: syncs go in, requests and happenings come out."""
