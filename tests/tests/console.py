"""Types cells into `jupyter console` in a real terminal and prints what the screen showed."""

import os
import re
import sys

import pexpect

CELLS = [
    ("use tensorlib::prelude::*;", None),
    ("let t = arange(3);", None),
    ("t.mul(2)", r"tensor\(\[0, 2, 4\]\)"),
    ("undefined_name", "cannot find value `undefined_name`"),
    ("t.sum()", r"tensor\(3\)"),
    ("let n: i64 = soma_cell::progress(0..3).sum();", r"100% \|█+\| 3/3"),
    ('println!("<{}>", soma_cell::input("Name? "));', r"Name\? "),
    # The prompt ends with a change of colour.
    ("n", r"\]: (?:\x1b\[[0-9;]*m)*3"),
]
COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def main():
    terminal = pexpect.spawn(
        sys.argv[1],
        ["console", "--kernel", "soma", "--ZMQTerminalInteractiveShell.true_color=False"],
        encoding="utf-8",
        dimensions=(40, 120),
        timeout=120,
        # Nobody answers when the console asks the terminal where its cursor is.
        env={**os.environ, "PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm"},
    )
    screen = []
    for number, (code, expected) in enumerate(CELLS, start=1):
        terminal.expect(rf"In \[.*?{number}.*?\]:")
        screen.append(terminal.before)
        terminal.send(code + "\r")
        if expected:
            terminal.expect(expected)
            screen.append(terminal.before + terminal.after)
        if expected == r"Name\? ":
            terminal.send("Ada\r")
            terminal.expect("<Ada>")
    terminal.expect(rf"In \[.*?{len(CELLS) + 1}.*?\]:")
    terminal.sendeof()
    # "Do you really want to exit ([y]/n)?"
    if terminal.expect([r"\(\[y\]/n\)", pexpect.EOF]) == 0:
        terminal.send("y\r")
        terminal.expect(pexpect.EOF)
    terminal.close()
    print(COLOURS.sub("", "".join(screen)))
    sys.exit(terminal.exitstatus or 0)


if __name__ == "__main__":
    main()
