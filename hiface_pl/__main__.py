"""`python -m hiface_pl` is the command `hiface-pl`: for torchrun, which starts modules."""

from hiface_pl.cli.main import entry_point

if __name__ == "__main__":
    entry_point()
