"""``python -m thence``: the same as ``thence``."""

from thence.cli import main

if __name__ == "__main__":
    main()
