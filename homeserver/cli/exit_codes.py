"""What the exit status of `isthmus` tells scripts."""

OK = 0
FAILED = 1
USAGE = 2
CONFIGURATION = 78
"""The settings are wrong or missing (EX_CONFIG); systemd need not try again."""

EPILOG = """\
exit status:
  0   done
  1   failed; the last line on the standard error says why
  2   the command line is wrong
  78  the settings are wrong or missing
"""
