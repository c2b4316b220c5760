"""What holds for every test."""

from __future__ import annotations

import signal
import threading

# A shell's background jobs begin with Ctrl-C ignored, and so would every program that a test starts from there.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)
