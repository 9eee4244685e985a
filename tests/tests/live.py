"""What JupyterLab shows while cells run: a progress bar, an updated display, completions and documentation beside a
running cell, an interrupt, an input box, an error with colours, and a restart that runs everything again."""

import argparse
import json
import re
from pathlib import Path

from browser import FLAGS, MINUTE, choose
from playwright.sync_api import expect, sync_playwright

CELLS = {
    "define": "let numbers = vec![1, 2, 3];\nlet x = tensorlib::ones([2, 3]);",
    "progress": "for _ in soma_cell::progress(0..60) {\n    std::thread::sleep(std::time::Duration::from_millis(50));\n}",
    "update": "use soma_cell::{display, update_display};\ndisplay!(\"epoch 0\", id = \"epoch\");\nfor epoch in 1..=3 {\n"
    "    std::thread::sleep(std::time::Duration::from_millis(700));\n"
    "    update_display!(format!(\"epoch {epoch}\"), id = \"epoch\");\n}",
    "long": "loop {\n    std::thread::sleep(std::time::Duration::from_millis(10));\n}",
    "input": "format!(\"hello {}\", soma_cell::input(\"Name? \"))",
    "error": "let count: u8 = \"text\";",
    "scratch": "",
}
AGAIN = ["let a = 20;", "a + 22"]


def notebook(sources):
    """A notebook of code cells without outputs."""
    cells = [
        {"cell_type": "code", "id": f"c{number}", "metadata": {}, "execution_count": None, "outputs": [], "source": source}
        for number, source in enumerate(sources)
    ]
    kernel = {"name": "soma", "display_name": "Rust (Soma)", "language": "rust"}
    return json.dumps({"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5})


class Lab:
    """A page with a notebook open in JupyterLab."""

    def __init__(self, browser, arguments, name, sources):
        Path(name).write_text(notebook(sources), encoding="utf-8")
        self.page = browser.new_page(viewport={"width": 1200, "height": 1500})
        self.page.set_default_timeout(MINUTE)
        self.screenshots = arguments.screenshots
        self.complaints = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        # In a workspace of its own: JupyterLab would open what was open before beside it.
        workspace = name.removesuffix(".ipynb")
        self.page.goto(f"{arguments.address}lab/workspaces/{workspace}/tree/{name}?token={arguments.token}")
        expect(self.page.locator(".jp-Notebook .jp-CodeCell")).to_have_count(len(sources))
        self.page.keyboard.press("Control+b")
        expect(self.page.locator("#jp-left-stack")).to_be_hidden()
        expect(self.page.get_by_text("Rust (Soma) | Idle")).to_be_visible()

    def cell(self, at):
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(at)

    def run(self, at):
        self.cell(at).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")

    def outputs(self, at):
        return self.cell(at).locator(".jp-OutputArea-output")

    def wait_until_done(self, at):
        expect(self.cell(at).locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]:"))

    def is_running(self, at):
        return self.cell(at).locator(".jp-InputPrompt").text_content() == "[*]:"

    def type_into(self, at, text):
        editor = self.cell(at).locator(".cm-content")
        editor.click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.press("Delete")
        self.page.keyboard.type(text)

    def screenshot(self, name):
        self.page.screenshot(path=f"{self.screenshots}-{name}.png")


def bar_and_display(lab):
    """The bar fills while its cell runs, and the display is replaced; each stays one output."""
    at = list(CELLS).index("progress")
    lab.run(at)
    bar = lab.outputs(at).locator("progress")
    expect(bar).to_be_visible()
    seen = set()
    while lab.is_running(at):
        seen.add(float(bar.get_attribute("value")))
        if 0.3 < max(seen) < 0.7:
            lab.screenshot("progress")
        lab.page.wait_for_timeout(100)
    lab.wait_until_done(at)
    assert len(seen) > 5 and sorted(seen)[1] < 0.5, f"the bar did not move: {seen}"
    expect(lab.outputs(at)).to_have_count(1)
    expect(lab.outputs(at)).to_contain_text("60/60")
    assert float(bar.get_attribute("value")) == 1.0

    at = list(CELLS).index("update")
    lab.run(at)
    for epoch in range(4):
        expect(lab.outputs(at)).to_have_text(f"\"epoch {epoch}\"")
    lab.wait_until_done(at)
    expect(lab.outputs(at)).to_have_count(1)


def help_beside_a_running_cell(lab):
    """Tab and Shift-Tab answer while a cell runs; then the cell is interrupted, and variables are there."""
    long, scratch = list(CELLS).index("long"), list(CELLS).index("scratch")
    lab.run(long)
    expect(lab.cell(long).locator(".jp-InputPrompt")).to_have_text("[*]:")
    completer = lab.page.locator(".jp-Completer")
    # The analyst reads its libraries at the first question; who asks too early asks again.
    for _ in range(60):
        lab.type_into(scratch, "numbers.is_em")
        lab.page.keyboard.press("Tab")
        lab.page.wait_for_timeout(1500)
        if lab.cell(scratch).get_by_text("numbers.is_empty").count() or completer.is_visible():
            break
        lab.page.keyboard.press("Escape")
        lab.cell(scratch).locator(".cm-content").click()
    lab.type_into(scratch, "numbers.is_")
    lab.page.keyboard.press("Tab")
    expect(completer).to_be_visible()
    expect(completer).to_contain_text("is_empty")
    lab.screenshot("completion")
    lab.page.keyboard.press("Escape")
    lab.type_into(scratch, "x")
    lab.page.keyboard.press("Shift+Tab")
    tooltip = lab.page.locator(".jp-Tooltip")
    expect(tooltip).to_be_visible()
    expect(tooltip).to_contain_text("Tensor")
    expect(tooltip).to_contain_text("[2, 3]")
    lab.screenshot("documentation")
    lab.page.keyboard.press("Escape")
    assert lab.is_running(long)
    choose(lab.page, "Kernel", "Interrupt Kernel")
    lab.wait_until_done(long)
    expect(lab.outputs(long)).to_contain_text("interrupted")
    lab.type_into(scratch, "numbers.len()")
    lab.run(scratch)
    expect(lab.outputs(scratch)).to_have_text("3")


def question_and_error(lab):
    """An input box is answered; an error has colours and points into the cell."""
    at = list(CELLS).index("input")
    lab.run(at)
    box = lab.cell(at).locator(".jp-Stdin-input")
    expect(box).to_be_visible()
    expect(lab.cell(at).locator(".jp-Stdin-prompt")).to_have_text("Name? ")
    lab.screenshot("input")
    box.fill("Ada")
    box.press("Enter")
    lab.wait_until_done(at)
    expect(lab.outputs(at).last).to_have_text("\"hello Ada\"")

    at = list(CELLS).index("error")
    lab.run(at)
    lab.wait_until_done(at)
    error = lab.outputs(at)
    expect(error).to_contain_text("mismatched types")
    expect(error).to_contain_text("let count: u8 = \"text\";")
    assert error.locator("[class*=ansi]").count() >= 3, "the error has no colours"
    for theme in ["JupyterLab Dark", "JupyterLab Light"]:
        choose(lab.page, "Settings", "Theme", theme)
        expect(lab.page.locator(f"body[data-jp-theme-name='{theme}']")).to_be_attached()
        lab.page.wait_for_timeout(500)
        lab.screenshot(f"all-{theme.split()[1].lower()}")


def restart_and_run_all(lab):
    """Runs everything, restarts the kernel, and runs everything again."""
    choose(lab.page, "Run", "Run All Cells")
    expect(lab.outputs(1)).to_have_text("42")
    choose(lab.page, "Kernel", "Restart Kernel and Run All Cells…")
    lab.page.locator(".jp-Dialog .jp-mod-accept").click()
    expect(lab.cell(1).locator(".jp-InputPrompt")).to_have_text("[*]:")
    expect(lab.cell(1).locator(".jp-InputPrompt")).to_have_text("[2]:")
    expect(lab.outputs(1)).to_have_text("42")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ["chromium", "address", "token", "screenshots"]:
        parser.add_argument(f"--{name}", required=True)
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=arguments.chromium, args=FLAGS)
        expect.set_options(timeout=MINUTE)
        try:
            lab = Lab(browser, arguments, "live.ipynb", list(CELLS.values()))
            lab.run(0)
            lab.wait_until_done(0)
            bar_and_display(lab)
            help_beside_a_running_cell(lab)
            question_and_error(lab)
            assert lab.complaints == [], lab.complaints
            again = Lab(browser, arguments, "again.ipynb", AGAIN)
            restart_and_run_all(again)
            assert again.complaints == [], again.complaints
        except Exception:
            for number, page in enumerate(browser.contexts[0].pages if browser.contexts else []):
                page.screenshot(path=f"{arguments.screenshots}-failed-{number}.png")
            raise
        finally:
            browser.close()


if __name__ == "__main__":
    main()
