"""Wrinkles and skin colour written from formulas, on any face model: what the displacement and albedo bases are made from."""
