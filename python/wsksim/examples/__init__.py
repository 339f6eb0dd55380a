"""What the README shows: handlers, a driver in C, and a packet capture. `wsksim --examples` prints this folder."""
