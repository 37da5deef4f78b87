"""The command lines, one file each; the doctor's is in a room of its own."""
