"""Runs cells one by one with nbclient, as programs do that build on it."""

import nbformat
from nbclient import NotebookClient

CELLS = ["use tensorlib::prelude::*;\nlet t = ones([2, 2]);", "t.add_(1.0);\nprintln!(\"added\");", "t.sum()"]


def main():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in CELLS])
    client = NotebookClient(notebook, kernel_name="soma", timeout=120)
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)
    quiet, printed, result = (cell.outputs for cell in notebook.cells)
    assert quiet == [], quiet
    assert [output.text for output in printed] == ["added\n"], printed
    assert [output.data["text/plain"] for output in result] == ["tensor(8.)"], result
    assert result[0].execution_count == 3, result
    nbformat.validate(notebook)


if __name__ == "__main__":
    main()
