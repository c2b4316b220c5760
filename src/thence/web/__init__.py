"""The local viewer (extra ``web``): a record in a browser on this machine. ``thence ui`` starts it.

``doors`` says who may come in, ``page`` what a page is, ``pages`` which there are, ``render`` turns a page's document
into HTML, ``app`` joins them, ``serving`` runs it.
"""
