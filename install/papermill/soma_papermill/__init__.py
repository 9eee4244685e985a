"""Parameters for Rust notebooks in papermill.

papermill finds this package by itself, through its entry point (`engine`), and then writes parameters in Rust
(`translator`): it reads the types of the notebook's own parameters (`declarations`, `rust_types`) and writes values of
these types (`literals`).
"""

# When papermill is imported, it imports the modules that this package registers. Started from here, that ends before
# any of our modules is used; started from inside one of them, it would find that module half initialised.
import papermill  # noqa: F401

__version__ = "0.1.0"
