/*
 * kernel.h: the text whose faces are ntddk.h, wdm.h and ntifs.h.
 *
 * Its words are ours; the names and values are Microsoft's. statuses.h, constants.h, functions.h and layouts.h are made
 * by .ci/c_surface.py from the tables that the simulated kernel reads.
 */
#ifndef WSKSIM_KERNEL_H
#define WSKSIM_KERNEL_H

#include "types.h"
#include "constants.h"
#include "statuses.h"
#include "structures.h"
#include "interlocked.h"
#include "seh.h"
#include "functions.h"
#include "macros.h"
#include "inline.h"
#include "guid.h"
#include "layouts.h"

/* What a header of Microsoft's would say of itself. */
#define _NTDDK_
#define _WDMDDK_
#define _NTIFS_INCLUDED_
#define NTDDI_WIN7 0x06010000
#define NTDDI_WIN8 0x06020000
#define NTDDI_WINBLUE 0x06030000
#define NTDDI_WIN10 0x0A000000
#define NTDDI_WIN10_RS1 0x0A000002
#define NTDDI_WIN10_VB 0x0A000008
#define NTDDI_WIN10_CO 0x0A00000B
#ifndef NTDDI_VERSION
#define NTDDI_VERSION NTDDI_WIN10_CO
#endif
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00
#endif
#ifndef WINVER
#define WINVER 0x0A00
#endif

#endif /* WSKSIM_KERNEL_H */
