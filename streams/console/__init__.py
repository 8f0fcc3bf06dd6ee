"""What people watch in a terminal: a plain consumer of topics."""
