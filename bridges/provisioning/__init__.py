"""The provisioning API: what programs may ask of a bridge for its users, over HTTP."""
