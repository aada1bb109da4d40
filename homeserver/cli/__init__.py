"""The command `isthmus`: one file per subcommand."""
