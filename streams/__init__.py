"""Baton: decides for every message of a support conversation whether the AI may answer."""
