"""The demo in a window: what keys and mouse do, and what is drawn for them."""
