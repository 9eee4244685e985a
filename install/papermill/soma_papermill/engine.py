"""The module that papermill loads when it is imported: it registers the translator."""

from papermill.engines import NBClientEngine
from papermill.translators import papermill_translators

from .translator import RustTranslator

papermill_translators.register("rust", RustTranslator())


class SomaEngine(NBClientEngine):
    """Runs notebooks as papermill does by default: `--engine soma` is optional."""
