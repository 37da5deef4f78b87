"""How many threads or processes anybody may ask for: more than any machine has, and few enough to be begun."""

MOST = 256
