"""The studio: pages are corrected by hand, a click at a time, in the browser; see docs/studio.md.

Projects lie on disk (`project.py`), a few of their pages are open at a time (`pages.py`), and every route is one small
request (`routes.py`).
"""
