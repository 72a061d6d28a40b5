"""The rows of the comparison: where they are, and what each of them changes."""
