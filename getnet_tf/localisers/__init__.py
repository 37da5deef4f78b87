"""Where to look (III-A): by what stands out, or guided by a reference."""
