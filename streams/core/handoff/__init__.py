"""What a person gets who takes over: the whole context, in one record."""
