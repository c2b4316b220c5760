"""What ``thence run`` puts before a program: a path entry of the program's interpreter, not a package to use."""
