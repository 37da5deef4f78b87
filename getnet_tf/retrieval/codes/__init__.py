"""Codes that count how cells lie round the centres of a codebook: one file each."""
