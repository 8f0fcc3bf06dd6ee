"""Which policy is in force: the one that is set, and the versions that were published."""
