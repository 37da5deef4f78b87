"""How the network learns (III-D): losses, trainers, and what a run leaves behind."""
