"""`python -m mangacolor` is `mangacolor`."""

from mangacolor.cli import main

main()
