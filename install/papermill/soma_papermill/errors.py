"""The error for a value that cannot be written in Rust."""

from papermill.exceptions import PapermillException


class ParameterError(PapermillException):
    """A parameter has no form in Rust, or not the type that the notebook requires; the message says what to do."""
