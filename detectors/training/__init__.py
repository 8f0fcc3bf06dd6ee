"""How the trained part of the detectors is made; nothing here is imported where it runs."""
