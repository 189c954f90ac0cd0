"""Python's first module in the tab: unpacks what a first visit needs.

It comes in python_stdlib.zip, packed twice: Python reads zip files by itself, but
zstandard's are a quarter smaller. What that is: see `divide`. Not about all else: see
`fetched_later`. Nothing can be imported here that isn't built into Python, until it is unpacked.
"""

import sys
import zipimport

import _zstd  # type: ignore[import-not-found, unused-ignore] # new in Python 3.14

FIRST = "/lib/first.zip"


def begin(home: str) -> None:
    """Make everything importable.

    Args:
        home: the archive that this module is in.
    """
    archive = zipimport.zipimporter(home)
    with open(FIRST, "wb") as file:
        file.write(_zstd.ZstdDecompressor().decompress(archive.get_data(f"{home}/first.zst")))
    sys.path.insert(sys.path.index(home) + 1, f"{FIRST}/library")

    import fetched_later  # type: ignore[import-not-found]

    site_packages = next(path for path in sys.path if path.endswith("site-packages"))
    fetched_later.unpack_package(FIRST, site_packages)
    later, rest = (
        archive.get_data(f"{home}/{name}.txt").decode().split() for name in ("later", "rest")
    )
    fetched_later.finder = fetched_later.Finder(later, rest, site_packages)
    sys.meta_path.append(fetched_later.finder)


begin(next(path for path in sys.path if path.endswith(".zip")))
