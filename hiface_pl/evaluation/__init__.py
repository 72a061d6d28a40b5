"""What is measured, against which baseline, and how it is written down."""
