/*
 * ws2def.h: a face of wsksim/addresses.h.
 */
#include "wsksim/addresses.h"
