"""Runs all cells of a notebook with nbclient, errors or not, and writes what came of it.

With `--runs 2` all cells run twice in one session, as they do when a user clicks *Run All* again. Like JupyterLab, this
says with each request which cell it is from.
"""

import argparse
from pathlib import Path

import nbformat
from nbclient import NotebookClient


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebook", type=Path)
    parser.add_argument("executed", type=Path)
    parser.add_argument("--kernel", default="soma")
    parser.add_argument("--runs", type=int, default=1)
    arguments = parser.parse_args()

    notebook = nbformat.read(arguments.notebook, as_version=4)
    client = NotebookClient(
        notebook,
        kernel_name=arguments.kernel,
        allow_errors=True,
        coalesce_streams=True,
        record_timing=False,
        startup_timeout=300,
        resources={"metadata": {"path": str(arguments.notebook.parent)}},
    )
    with client.setup_kernel():
        for _ in range(arguments.runs):
            for index, cell in enumerate(notebook.cells):
                client.kc.session.metadata = {"cellId": cell.id}
                client.execute_cell(cell, index)
    nbformat.write(notebook, arguments.executed)


if __name__ == "__main__":
    main()
