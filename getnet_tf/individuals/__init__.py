"""Maps that know individuals: what each cell says of this thing, learned by contrast with its other places and its look-alikes."""
