"""The demo in a browser: a page with the live picture, for whoever may see it; needs aiohttp.

The loop that watches runs in the main thread, the server in one of its own. They meet in `Board` alone: newest scene one
way, orders the other, so that no viewer, fast or slow, is ever waited for.
"""
