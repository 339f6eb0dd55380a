/*
 * basetsd.h: its names are in wsksim/kernel.h, as far as they are there.
 */
#include "wsksim/kernel.h"
