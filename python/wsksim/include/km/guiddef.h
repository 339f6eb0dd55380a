/*
 * guiddef.h: GUIDs, see wsksim/guid.h.
 */
#include "wsksim/guid.h"
