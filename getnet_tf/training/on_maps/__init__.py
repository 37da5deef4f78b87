"""Trainings that meet no pixel: a frozen trunk has seen every picture before, and what learns, learns on its maps."""
