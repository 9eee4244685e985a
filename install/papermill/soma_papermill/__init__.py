"""Parameters for Rust notebooks in papermill.

papermill finds this package by itself, through its entry point (`engine`), and then writes parameters in Rust
(`translator`): it reads the types of the notebook's own parameters (`declarations`, `rust_types`) and writes values of
these types (`literals`).
"""

# papermill, when it is imported, imports what this package registers. Begun from here, that ends before anyone can
# ask for one of our modules; begun from inside one of them, it would find it half made.
import papermill  # noqa: F401

__version__ = "0.1.0"
