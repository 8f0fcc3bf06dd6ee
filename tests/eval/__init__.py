"""How well the detectors read text they were not made with."""
