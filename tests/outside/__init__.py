"""Parts that a user might write, outside the package: nothing in hiface_pl knows them."""
