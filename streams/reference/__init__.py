"""The reference pages in `docs/`, generated from what the code declares."""
