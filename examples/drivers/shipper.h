/*
 * shipper.h: what the shipper's two files share, and the mistakes that it can be built with; shipper.c says how.
 */
#ifndef SHIPPER_H
#define SHIPPER_H

#include <ntddk.h>
#include <wsk.h>

#define NONE 0
#define EARLY_FREE 1        /* the context is freed before its close has completed */
#define IRP_REUSED 2        /* an IRP is given to a second request while its first is under way */
#define NOT_AWAITED 3       /* a request that pends is not waited for */
#define NOT_RELEASED 4      /* an indication that was kept is not released */
#define WAIT_IN_CALLBACK 5  /* a callback waits */
#define LOCK_OVER_WAIT 6    /* a thread waits with a spin lock */
#define DOUBLE_FREE 7       /* memory is freed twice */
#define LEAK 8              /* memory is left at the unload */
#define LATE_CALL 9         /* a callback is enabled on a socket that was closed */
#define NOT_DEREGISTERED 10 /* the driver is gone, and its registration is not */
#define TOO_HIGH 11         /* a function for PASSIVE_LEVEL is called with a spin lock */
#define USE_AFTER_CLOSE 12  /* a socket is used after its close */
#define CONTINUES 13        /* a completion routine gives the driver's IRP on */
#define COMPLETED_TWICE 14  /* the driver completes an IRP of the provider's */
#define BUFFER_FREED 15     /* the MDL of a send is freed while the send is under way */
#define LOCK_LEFT 16        /* a callback returns with a spin lock */
#define THREAD_LEFT 17      /* the unload routine does not wait for the thread */
#define SOCKET_LEFT 18      /* the listening socket is not closed */
#define WRONG_ANSWER 19     /* a callback returns what it may not */
#define UNCHECKED 20        /* memory is used that may not be there, as --faults allocation shows */

#ifndef MISTAKE
#define MISTAKE NONE
#endif

#define TAG 'pihS'
#define PORT 7009
#define RECORDS 10

typedef struct _COLLECTOR {
    LIST_ENTRY Link;
    PWSK_SOCKET Socket;
    PWSK_DATA_INDICATION Kept;
    PIRP SendIrp;
    PIRP CloseIrp;
    WSK_BUF Buffer;
    ULONG Shipped;
    SIZE_T Answered;
    BOOLEAN Busy;
    BOOLEAN Ended;
    BOOLEAN Closing;
    CHAR Record[16];
} COLLECTOR, *PCOLLECTOR;

/* The lock guards the members below it, and those of each collector. */
typedef struct _SHIPPER {
    KEVENT Work;
    KSPIN_LOCK Lock;
    LIST_ENTRY Collectors;
    ULONG Open;
    BOOLEAN Stopping;
} SHIPPER;

extern SHIPPER Shipper;

KSTART_ROUTINE ShipRecords;
PCOLLECTOR AllocateCollector(VOID);

#endif /* SHIPPER_H */
