"""The demo: data, training, test and reconstruction through the project's own commands, and one page about the result."""
