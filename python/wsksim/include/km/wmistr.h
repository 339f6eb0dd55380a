/*
 * wmistr.h: a face of evntrace.h.
 */
#include "evntrace.h"
