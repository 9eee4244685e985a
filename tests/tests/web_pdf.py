"""`jupyter nbconvert --to webpdf` with the browser that is there.

nbconvert lets playwright start the browser that playwright has downloaded, and has no setting for another: the first
argument is the executable to start instead; all others are nbconvert's.
"""

import sys

from nbconvert.nbconvertapp import main
from playwright.async_api import BrowserType


def start_instead(executable):
    launch = BrowserType.launch

    async def launch_executable(self, **options):
        return await launch(self, executable_path=executable, **options)

    BrowserType.launch = launch_executable


if __name__ == "__main__":
    start_instead(sys.argv[1])
    sys.argv[1:2] = ["--to", "webpdf"]
    main()
