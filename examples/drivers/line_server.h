/*
 * What the two files of the line server share; line_server.c says how it is built.
 */
#pragma once

#include "request.h"

#define LINE_PORT 7007
#define LINE_TAG 'eniL'
#define LINE_LENGTH 256

#define FLAG_LINE 0x1     /* a line is complete and not answered yet */
#define FLAG_PAUSED 0x2   /* the provider holds data back */
#define FLAG_FINISHED 0x4 /* the client has finished sending */
#define FLAG_ABORTED 0x8  /* the connection is gone, or its socket is dead */
#define FLAG_STOPPED 0x10 /* the driver is being unloaded */
#define FLAG_CLOSING 0x20 /* the worker has begun its close */
#define FLAG_QUEUED 0x40  /* it is in the worker's queue */

typedef struct _CONNECTION {
    LIST_ENTRY AllEntry;
    LIST_ENTRY WorkEntry;
    PWSK_SOCKET Socket;
    LONG References;
    ULONG Flags;
    ULONG LineUsed;
    UCHAR Line[LINE_LENGTH];
    UCHAR Farewell[4];
} CONNECTION, *PCONNECTION;

typedef struct _SERVER {
    WSK_REGISTRATION Registration;
    WSK_PROVIDER_NPI Provider;
    PWSK_SOCKET Listener;
    PVOID Worker;
    REQUEST Control; /* of DriverEntry and unload */
    REQUEST Work;    /* of the worker */
    REQUEST Abort;   /* of the worker, when Work hangs */

    KEVENT WorkIsThere;
    KEVENT Stop;
    KEVENT NoConnections;

    KSPIN_LOCK Lock; /* of everything below, and of each connection */
    LIST_ENTRY All;
    LIST_ENTRY Queue;
    LONG Connections;
    BOOLEAN Stopping;
    BOOLEAN WorkerEnds;
} SERVER;

extern SERVER Server;

void DereferenceConnection(_In_ PCONNECTION Connection);
void NoteForWorker(_In_ PCONNECTION Connection, _In_ ULONG Flags);

void FreeRequests(VOID);

NTSTATUS StartWorker(VOID);
void StopWorker(VOID);
