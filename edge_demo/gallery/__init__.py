"""The things that are looked for: their views, names and colours, and the folder in which they stay."""
