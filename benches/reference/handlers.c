/* Handlers of the native benches: as a driver writes them, and small. */
#include "reference.h"

typedef struct {
    LONG Graceful;
    LONG Aborted;
} CONNECTION;

/* Counts in its context. */
NTSTATUS WSKAPI Touch(PVOID SocketContext, ULONG Flags)
{
    CONNECTION *connection = SocketContext;

    if (Flags & WSK_FLAG_ABORTIVE) {
        connection->Aborted++;
    } else {
        connection->Graceful++;
    }
    return STATUS_SUCCESS;
}

/* Notes when it ran. */
NTSTATUS WSKAPI Stamp(PVOID SocketContext, ULONG Flags)
{
    UNREFERENCED_PARAMETER(Flags);
    *(LONG64 *)SocketContext = now_ns();
    return STATUS_SUCCESS;
}
