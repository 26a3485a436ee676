"""`python -m limen`: the command line."""

from limen.cli import main

if __name__ == "__main__":
    main(prog_name="limen")
