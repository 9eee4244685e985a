"""Starts a kernel, lets a cell start a program, then keeps both until it is ended itself."""

import sys
import time
from pathlib import Path

from jupyter_client.manager import start_new_kernel

CELL = 'let child = std::process::Command::new("sleep").arg("4321").spawn()?;'


def main():
    _manager, client = start_new_kernel(kernel_name="soma", startup_timeout=120)
    reply = client.execute_interactive(CELL, timeout=120)
    assert reply["content"]["status"] == "ok", reply["content"]
    Path(sys.argv[1]).touch()
    time.sleep(600)


if __name__ == "__main__":
    main()
