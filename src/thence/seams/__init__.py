"""The only rooms that know an SDK's internals, and the only ones with ``async``.

A seam is the one place in an SDK through which every call passes. Each turns what it sees into one
:class:`~thence.seams.recording.Recording`, which writes the call's frames.
"""
