"""Conversations of the past: read from files, played onto a broker, decided again."""
