"""What can go wrong with a Schema Registry; importing this does not import its client."""


class RegistryError(Exception):
    """The Schema Registry refused, or could not be reached. The text says what to do."""


class UnknownSchemaError(Exception):
    """The Schema Registry has no schema of that id."""
