"""The demo: an embedded broker, the real workers, a morning's conversations, a view of it."""
