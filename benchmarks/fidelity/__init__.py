"""What ``benchmarks/fidelity.py`` is made of.

``run`` is started in the environment of each tool; with it go ``calls`` (what is called), ``tools`` (how each tool is
set up) and ``collector`` (where its telemetry ends). They need the standard library and what the tool brings.
``environments``, ``reading`` and ``table`` belong to the program that starts them all and judges.
"""
