/*
 * initguid.h: what DEFINE_GUID names from here on is defined in this file.
 */
#ifndef INITGUID
#define INITGUID
#endif
#include "wsksim/guid.h"
