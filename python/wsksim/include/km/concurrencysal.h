/*
 * concurrencysal.h: a face of sal.h.
 */
#include "sal.h"
