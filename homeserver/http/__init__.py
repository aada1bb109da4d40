"""HTTP as we speak it: parsing, routing, requests, responses."""
