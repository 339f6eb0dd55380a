"""What the README shows: handlers in Python, one in C, and a packet capture. `wsksim --examples` prints this folder."""
