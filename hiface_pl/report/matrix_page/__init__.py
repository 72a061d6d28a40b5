"""The page about the finished rows of a matrix: what is collected for it, and how it is written."""
