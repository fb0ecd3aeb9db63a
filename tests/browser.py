"""`python -m tests.browser` checks the types of the console's browser side, builds it and prints what pages weigh."""

from __future__ import annotations

import sys

from telephony.console import browser_packages, bundle
from tests import tools


def build() -> None:
    """The pages that the tests look at. Errors: BuildError."""
    bundle.build(tools.data_folder())


def axe() -> str:
    """The source of axe-core, which finds what is wrong with a page's accessibility. Errors: BuildError."""
    packages = browser_packages.ensure(tools.data_folder(), with_tests=True)
    return (packages / "axe-core/axe.min.js").read_text("utf-8")


def main() -> int:
    try:
        bundle.check_types(tools.data_folder())
        weighed = bundle.build(tools.data_folder(), lambda text: print(text, file=sys.stderr))
    except browser_packages.BuildError as error:
        print(error, file=sys.stderr)
        return 1
    for name, size in weighed.files.items():
        print(f"{size / 1000:7.1f} kB  {name}{'  (phone library)' if name in weighed.phone_library else ''}")
    for name, size in weighed.pages.items():
        print(f"{size / 1000:7.1f} kB  {name} with its style and what it shares")
    print(f"{weighed.total / 1000:7.1f} kB  in all, compressed, without the phone library")
    return 0


if __name__ == "__main__":
    sys.exit(main())
