"""What looks inside files of strangers, in a process of its own that can do no harm."""
