/*
 * A disconnect handler in C. Its context is the zeroed block of 64 bytes that a storm gives each socket.
 *
 *     cc -O2 -shared -fPIC -I"$(wsksim --include)" -o driver.so "$(wsksim --examples)/driver.c"
 *     wsksim run ./driver.so:MyDisconnectEvent --sockets 1M --abortive 15%
 */
#include "wsksim.h"

typedef struct {
    LONG Graceful;
    LONG Aborted;
} CONNECTION;

NTSTATUS WSKAPI MyDisconnectEvent(PVOID SocketContext, ULONG Flags)
{
    CONNECTION *connection = (CONNECTION *)SocketContext;

    if (Flags & WSK_FLAG_ABORTIVE) {
        InterlockedIncrement(&connection->Aborted);
    } else {
        InterlockedIncrement(&connection->Graceful);
    }
    return STATUS_SUCCESS;
}
