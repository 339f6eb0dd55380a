/*
 * ntddk.h: one of the three faces of wsksim/kernel.h. Which of them a driver includes makes no difference here.
 */
#include "wsksim/kernel.h"
