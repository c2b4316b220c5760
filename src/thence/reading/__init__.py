"""What a record says, found once for all that show it: the command line and the viewer. Nothing here draws."""
