"""Opens a page that nbconvert made in a headless Chromium and looks at its tables, pictures and colours.

The page is looked at twice: the browser may prefer light or dark whatever the page's own theme is.
"""

import argparse
from pathlib import Path

from browser import FLAGS, TALL, check_contrast, check_outputs
from playwright.sync_api import sync_playwright


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ["chromium", "page", "screenshot"]:
        parser.add_argument(f"--{name}", required=True)
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=arguments.chromium, args=FLAGS)
        try:
            page = browser.new_page(viewport=TALL)
            # The page would fetch the program that sets formulas from elsewhere.
            page.route(lambda url: not url.startswith(("file:", "data:")), lambda route: route.abort())
            page.goto(Path(arguments.page).as_uri(), wait_until="load")
            check_outputs(page)
            for preference in ["light", "dark"]:
                page.emulate_media(color_scheme=preference)
                check_contrast(page, f"in {Path(arguments.page).name} when the browser prefers {preference}")
            page.screenshot(path=arguments.screenshot, full_page=True)
        finally:
            browser.close()


if __name__ == "__main__":
    main()
