"""The server: pages are coloured for readers, libraries and browsers, over HTTP.

Needs the extra `serve`; see docs/serve.md.
"""
