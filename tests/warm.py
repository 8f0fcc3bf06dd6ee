"""What workers import and load, for the process that they are copies of."""

import gc
import os

# Before numpy is here: a process with threads cannot be copied.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import streams.app
import streams.cli.alerts
import streams.cli.worker  # noqa: F401
from detectors.reader import Reader
from streams.core.policy import default_policy

Reader().warm_up()
default_policy()
# What is here now is not looked through again: that would be to copy it.
gc.freeze()
