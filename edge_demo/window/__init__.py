"""What a person sees of a frame, and what keys and mouse do."""
