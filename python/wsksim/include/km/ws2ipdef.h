/*
 * ws2ipdef.h: a face of wsksim/addresses.h.
 */
#include "wsksim/addresses.h"
