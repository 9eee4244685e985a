"""What papermill loads when it is imported: the translator is registered with it."""

from papermill.engines import NBClientEngine
from papermill.translators import papermill_translators

from .translator import RustTranslator

papermill_translators.register("rust", RustTranslator())


class SomaEngine(NBClientEngine):
    """Runs notebooks as papermill does by default: `--engine soma` may be given, and need not be."""
