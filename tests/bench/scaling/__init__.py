"""How cost grows with users, segments, features and TaskManagers; the command is tests/bench/scale.py."""
