"""What may be a nick, and what a channel."""

import re

NICK = re.compile(r"[A-Za-z\[\]\\`_^{|}][A-Za-z0-9\[\]\\`_^{|}-]{0,29}")
CHANNEL = re.compile(r"[#&+!][^ ,\x00-\x1f]{1,63}")
