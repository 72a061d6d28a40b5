"""Where samples are made: an engine is one file here, named on the command line by the file's name."""
