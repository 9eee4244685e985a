"""Opens notebooks in JupyterLab in a headless Chromium, one after the other, runs all their cells and looks at the page.

The page must show pictures, no error, and nothing that cannot be read: not in the light theme, not in the dark one, and not
when the browser prefers the other.
"""

import argparse
import json
import os
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCREEN = {"width": 1200, "height": 860}
# JupyterLab puts cells into the page only as they come into view: on this one all of them are.
TALL = {"width": 1200, "height": 24000}
MINUTE = 60_000
# The theme, what the browser prefers, and the name of the screenshots if there shall be any.
LOOKS = [
    ("JupyterLab Light", "light", "light"),
    ("JupyterLab Light", "dark", None),
    ("JupyterLab Dark", "dark", None),
    ("JupyterLab Dark", "light", "dark"),
]
# What is looked at: nothing, the two themes, or each with both preferences.
WAYS = {"none": [], "themes": [LOOKS[0], LOOKS[3]], "all": LOOKS}
# The least contrast that WCAG 2 (level AA) asks for of text, by the place where it stands.
CONTRAST = {"text": 4.5, "picture": 4.5}
PLACES = {"text": ".jp-OutputArea-output table", "picture": ".jp-RenderedSVG img"}

# JupyterLab shows a picture as an image, whose texts nobody can ask for: lays the drawing itself over the image.
OPEN_PICTURES = """
async () => {
  for (const image of document.querySelectorAll('.jp-RenderedSVG img')) {
    const drawing = document.createElement('div');
    drawing.className = 'opened-picture';
    drawing.style = 'position: absolute; width: ' + image.width + 'px; height: ' + image.height + 'px';
    drawing.innerHTML = await (await fetch(image.src)).text();
    image.before(drawing);
  }
}
"""
CLOSE_PICTURES = "() => document.querySelectorAll('.opened-picture').forEach((drawing) => drawing.remove())"

# For every piece of text in the outputs: the contrast with what is painted behind it.
TEXTS = """
() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const luminance = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const within = (inner, outer) =>
    inner.left >= outer.left - 1 && inner.right <= outer.right + 1 && inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
  const opacity = (element) => {
    let value = 1;
    for (let e = element; e; e = e.parentElement) value *= Number(getComputedStyle(e).opacity);
    return value;
  };
  const backgroundOf = (element) => {
    const layers = [];
    const svg = element.closest('svg');
    if (svg) {
      // Shapes that come before a text in the drawing and hold it are behind it.
      const box = element.getBoundingClientRect();
      const shapes = [...svg.querySelectorAll('rect, circle, ellipse')];
      const behind = shapes.filter((s) => !s.closest('defs')
        && s.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING
        && within(box, s.getBoundingClientRect()));
      for (const shape of behind.reverse()) {
        const style = getComputedStyle(shape);
        if (style.fill === 'none') continue;
        const fill = rgba(style.fill);
        fill[3] *= Number(style.fillOpacity) * opacity(shape);
        layers.push(fill);
      }
    }
    for (let e = svg ?? element; e; e = e.parentElement) layers.push(rgba(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const found = [];
  for (const element of document.querySelectorAll('.jp-OutputArea-output *')) {
    if (!isShownText(element)) continue;
    const background = backgroundOf(element);
    const style = getComputedStyle(element);
    const colour = rgba(element.closest('svg') ? style.fill : style.color);
    colour[3] *= opacity(element);
    const [a, b] = [luminance(over(colour, background)), luminance(background)].sort((x, y) => y - x);
    found.push({ text: element.textContent.trim(), where: element.closest('svg') ? 'picture' : 'text', contrast: (a + 0.05) / (b + 0.05), colour, background });
  }
  return found;

  function isShownText(element) {
    const own = [...element.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.textContent.trim());
    return own && !['STYLE', 'TITLE', 'DESC'].includes(element.tagName.toUpperCase()) && element.getClientRects().length > 0;
  }
}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ["chromium", "address", "token", "screenshots"]:
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--looks", choices=WAYS, default="all")
    parser.add_argument("notebooks", nargs="+", help="the screenshots of each begin with --screenshots and its name")
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=arguments.chromium, args=FLAGS)
        try:
            expect.set_options(timeout=MINUTE)
            for notebook in arguments.notebooks:
                page = browser.new_page(viewport=TALL)
                page.set_default_timeout(MINUTE)
                complaints = []
                page.on("pageerror", lambda error: complaints.append(str(error)))
                learn(page, arguments, notebook)
                assert complaints == [], complaints
                end_kernels(page, arguments)
                page.close()
        finally:
            browser.close()


def learn(page, arguments, name):
    # Each in a workspace of its own, so that none opens with what the one before has left open.
    start = f"{arguments.screenshots}{Path(name).stem}"
    page.goto(f"{arguments.address}lab/workspaces/{Path(name).stem}/tree/{name}?token={arguments.token}")
    notebook = json.loads(Path(name).read_text(encoding="utf-8"))
    code_cells = sum(cell["cell_type"] == "code" for cell in notebook["cells"])
    words = "".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    cells = page.locator(".jp-Notebook .jp-CodeCell")
    expect(cells).to_have_count(code_cells)
    # The list of files would take a third of the screenshots.
    page.keyboard.press("Control+b")
    expect(page.locator("#jp-left-stack")).to_be_hidden()
    assert page.locator(".jp-OutputArea-output").count() == 0, "there are outputs before anything was run"
    # Without a kernel, JupyterLab forgets what it was told to run.
    expect(page.get_by_text("Rust (Soma) | Idle")).to_be_visible()

    choose(page, "Run", "Run All Cells")
    # A cell that has run has its number in the prompt; one that waits has a star.
    done = [f"[{number}]:" for number in range(1, code_cells + 1)]
    try:
        expect(cells.locator(".jp-InputPrompt")).to_have_text(done, timeout=4 * MINUTE)
    except AssertionError:
        page.screenshot(path=f"{start}-not-done.png")
        raise
    is_first = "-tensors" in name
    check_outputs(page, is_first)
    formulas = page.locator(".jp-MarkdownCell mjx-container")
    assert (formulas.count() > 0) == ("$" in words), f"{formulas.count()} formulas"
    assert page.locator(".jp-MarkdownCell mjx-merror").count() == 0

    for theme, preference, look in WAYS[arguments.looks]:
        page.emulate_media(color_scheme=preference)
        choose(page, "Settings", "Theme", theme)
        expect(page.locator(f"body[data-jp-theme-name='{theme}']")).to_be_attached()
        # Colours move from one theme to the other.
        page.wait_for_timeout(500)
        check_contrast(page, f"in {theme} when the browser prefers {preference}")
        if look and (is_first or "SOMA_SCREENSHOTS" in os.environ):
            take_screenshots(page, f"{start}-{look}")

    unsaved = page.locator(".lm-TabBar-tab.jp-mod-dirty")
    page.locator(".jp-Notebook").first.focus()
    page.keyboard.press("Control+s")
    expect(unsaved).to_have_count(0)


def end_kernels(page, arguments):
    """Lets go of what a notebook holds in memory before the next one runs."""
    of = {"headers": {"Authorization": f"token {arguments.token}"}}
    for kernel in page.request.get(f"{arguments.address}api/kernels", **of).json():
        assert page.request.delete(f"{arguments.address}api/kernels/{kernel['id']}", **of).ok


def choose(page, *labels):
    """Chooses from the menus, as a user does."""
    menu, *items = labels
    page.locator(".lm-MenuBar-item", has_text=menu).filter(visible=True).first.click()
    for label in items:
        item = page.locator(".lm-Menu-itemLabel").get_by_text(label, exact=True)
        item.hover()
        item.click()


def check_outputs(page, is_first=True):
    errors = page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']")
    stderr = page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']")
    assert errors.count() == 0, errors.all_text_contents()
    assert stderr.count() == 0, stderr.all_text_contents()
    tables = page.locator(".jp-OutputArea-output table")
    pictures = page.locator(".jp-RenderedSVG").locator("img, svg[viewBox]")
    if is_first:
        assert tables.count() >= 10, f"only {tables.count()} tables"
        assert pictures.count() >= 3, f"only {pictures.count()} pictures"
    for what, outputs in [("table", tables), ("picture", pictures)]:
        for index, output in enumerate(outputs.all()):
            output.scroll_into_view_if_needed()
            box = output.bounding_box()
            assert box and box["width"] > 20 and box["height"] > 20, f"{what} {index} cannot be seen: {box}"
            assert box["x"] + box["width"] <= TALL["width"], f"{what} {index} is too wide for the page: {box}"


def check_contrast(page, when):
    page.evaluate(OPEN_PICTURES)
    texts = page.evaluate(TEXTS)
    page.evaluate(CLOSE_PICTURES)
    for where in CONTRAST:
        count = sum(text["where"] == where for text in texts)
        # None at all would mean that they are looked for in the wrong place.
        assert count > 0 or not page.locator(PLACES[where]).count(), f"no text in the outputs: {where}"
    weak = [text for text in texts if text["contrast"] < CONTRAST[text["where"]]]
    assert not weak, f"{len(weak)} texts can hardly be read {when}:\n" + "\n".join(map(str, weak[:20]))


def take_screenshots(page, start):
    """Goes through the notebook from the first line to the last, one screen after the other."""
    for old in Path(start).parent.glob(f"{Path(start).name}-[0-9][0-9].png"):
        old.unlink()
    page.set_viewport_size(SCREEN)
    notebook = page.locator(".jp-WindowedPanel-outer").first
    last = page.locator(".jp-Notebook .jp-Cell").last
    notebook.evaluate("panel => { panel.scrollTop = 0; }")
    for number in range(1, 100):
        # Cells take their height when they come into view.
        page.wait_for_timeout(300)
        page.screenshot(path=f"{start}-{number:02}.png")
        view, end = notebook.bounding_box(), last.bounding_box()
        if end["y"] + end["height"] <= view["y"] + view["height"]:
            break
        notebook.evaluate("panel => { panel.scrollTop += panel.clientHeight - 80; }")
    page.set_viewport_size(TALL)


if __name__ == "__main__":
    main()
