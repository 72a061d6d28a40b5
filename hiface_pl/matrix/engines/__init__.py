"""Where rows are carried out: one file a variant."""
