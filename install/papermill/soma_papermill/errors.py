"""What cannot be written in Rust, told in a sentence."""

from papermill.exceptions import PapermillException


class ParameterError(PapermillException):
    """A parameter has no form in Rust, or not the one that the notebook asks for; the message says what to do."""
