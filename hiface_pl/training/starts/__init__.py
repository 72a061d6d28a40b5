"""What a training starts from: one file a variant, named under `init_from`."""
