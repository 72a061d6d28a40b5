"""Results written down: where numbers come from, tables, sheets and pages."""
