"""A homeserver as simple as can be, whose rooms the measured servers join: it checks nothing."""
