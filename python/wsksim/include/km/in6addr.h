/*
 * in6addr.h: a face of wsksim/addresses.h.
 */
#include "wsksim/addresses.h"
