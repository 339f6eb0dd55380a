/*
 * The line server's thread, and the requests that are waited for; line_server.c says how it is built.
 */
#include "line_server.h"

KSTART_ROUTINE Worker;
IO_COMPLETION_ROUTINE CloseCompleted;

void FreeRequests(VOID)
{
    PREQUEST requests[] = {&Server.Control, &Server.Work, &Server.Abort};
    ULONG number;

    for (number = 0; number < ARRAYSIZE(requests); number++) {
        if (requests[number]->Irp != NULL) {
            IoFreeIrp(requests[number]->Irp);
        }
    }
}

static const WSK_PROVIDER_CONNECTION_DISPATCH *FunctionsOf(_In_ PCONNECTION Connection)
{
    return (const WSK_PROVIDER_CONNECTION_DISPATCH *)Connection->Socket->Dispatch;
}

/* The same of the worker's request; when the driver is unloaded, aborting the connection completes it. */
static NTSTATUS EndWork(_In_ PCONNECTION Connection)
{
    PVOID objects[] = {&Server.Work.Completed, &Server.Stop};

    if (KeWaitForMultipleObjects(ARRAYSIZE(objects), objects, WaitAny, Executive, KernelMode, FALSE, NULL, NULL) !=
        STATUS_WAIT_0) {
        FunctionsOf(Connection)->WskDisconnect(Connection->Socket, NULL, WSK_FLAG_ABORTIVE, BeginRequest(&Server.Abort));
        EndRequest(&Server.Abort);
    }
    return EndRequest(&Server.Work);
}

/* Sends bytes of non-paged memory, and waits until they are sent. */
static NTSTATUS SendBytes(_In_ PCONNECTION Connection, _In_reads_bytes_(Length) PVOID Bytes, _In_ ULONG Length)
{
    WSK_BUF buffer;
    NTSTATUS status;

    buffer.Mdl = IoAllocateMdl(Bytes, Length, FALSE, FALSE, NULL);
    if (buffer.Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    MmBuildMdlForNonPagedPool(buffer.Mdl);
    buffer.Offset = 0;
    buffer.Length = Length;
    FunctionsOf(Connection)->WskSend(Connection->Socket, &buffer, 0, BeginRequest(&Server.Work));
    status = EndWork(Connection);
    IoFreeMdl(buffer.Mdl);
    return status;
}

/* Has the provider indicate what it held back. */
static void Resume(_In_ PCONNECTION Connection)
{
    WSK_BUF nothing = {NULL, 0, 0};

    FunctionsOf(Connection)->WskReceive(Connection->Socket, &nothing, 0, BeginRequest(&Server.Work));
    EndWork(Connection);
}

static void AnswerLine(_In_ PCONNECTION Connection)
{
    NTSTATUS status = SendBytes(Connection, Connection->Line, Connection->LineUsed);
    BOOLEAN paused;
    KIRQL irql;

    KeAcquireSpinLock(&Server.Lock, &irql);
    paused = (Connection->Flags & FLAG_PAUSED) != 0;
    Connection->Flags &= ~(FLAG_LINE | FLAG_PAUSED);
    Connection->LineUsed = 0;
    if (!NT_SUCCESS(status)) {
        NoteForWorker(Connection, FLAG_ABORTED);
    }
    KeReleaseSpinLock(&Server.Lock, irql);
    if (NT_SUCCESS(status) && paused) {
        Resume(Connection);
    }
}

NTSTATUS CloseCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    IoFreeIrp(Irp);
    DereferenceConnection((PCONNECTION)Context);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* Begins the close of a connection; it is freed when that has completed and the worker has forgotten it. */
static void CloseConnection(_In_ PCONNECTION Connection)
{
    PIRP irp = IoAllocateIrp(1, FALSE);

    if (irp != NULL) {
        IoSetCompletionRoutine(irp, CloseCompleted, Connection, TRUE, TRUE, TRUE);
        FunctionsOf(Connection)->Basic.WskCloseSocket(Connection->Socket, irp);
        return;
    }
    /* Without memory for one more, the worker's own is used, and waited for. */
    FunctionsOf(Connection)->Basic.WskCloseSocket(Connection->Socket, BeginRequest(&Server.Work));
    EndRequest(&Server.Work);
    DereferenceConnection(Connection);
}

/* The client has finished: what it began of a line is answered too, then it hears farewell. */
static void SayFarewell(_In_ PCONNECTION Connection)
{
    static const UCHAR farewell[] = {'b', 'y', 'e', '\n'};

    if (Connection->LineUsed > 0) {
        AnswerLine(Connection);
    }
    RtlCopyMemory(Connection->Farewell, farewell, sizeof(farewell));
    if (NT_SUCCESS(SendBytes(Connection, Connection->Farewell, sizeof(farewell)))) {
        FunctionsOf(Connection)->WskDisconnect(Connection->Socket, NULL, 0, BeginRequest(&Server.Work));
        EndWork(Connection);
    }
}

/* Does what callbacks noted for one connection. */
static void Attend(_In_ PCONNECTION Connection)
{
    const ULONG end = FLAG_ABORTED | FLAG_FINISHED | FLAG_STOPPED;
    ULONG flags;
    KIRQL irql;

    KeAcquireSpinLock(&Server.Lock, &irql);
    flags = Connection->Flags &= ~FLAG_QUEUED;
    /* The last line is answered before the connection ends. */
    if ((flags & FLAG_CLOSING) == 0 && (flags & end) != 0) {
        Connection->Flags |= FLAG_CLOSING;
    }
    KeReleaseSpinLock(&Server.Lock, irql);

    if ((flags & FLAG_CLOSING) == 0) {
        if ((flags & FLAG_LINE) != 0 && (flags & (FLAG_ABORTED | FLAG_STOPPED)) == 0) {
            AnswerLine(Connection);
        }
        if ((flags & end) == FLAG_FINISHED) {
            SayFarewell(Connection);
        }
        if ((flags & end) != 0) {
            CloseConnection(Connection);
        }
    }
    DereferenceConnection(Connection);
}

VOID Worker(PVOID StartContext)
{
    UNREFERENCED_PARAMETER(StartContext);
    for (;;) {
        PLIST_ENTRY entry = NULL;
        BOOLEAN ends;
        KIRQL irql;

        KeAcquireSpinLock(&Server.Lock, &irql);
        if (!IsListEmpty(&Server.Queue)) {
            entry = RemoveHeadList(&Server.Queue);
        }
        ends = Server.WorkerEnds;
        KeReleaseSpinLock(&Server.Lock, irql);
        if (entry != NULL) {
            Attend(CONTAINING_RECORD(entry, CONNECTION, WorkEntry));
        } else if (ends) {
            break;
        } else {
            KeWaitForSingleObject(&Server.WorkIsThere, Executive, KernelMode, FALSE, NULL);
        }
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

NTSTATUS StartWorker(VOID)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE thread;
    NTSTATUS status;

    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, &attributes, NULL, NULL, Worker, NULL);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    /* This handle was made here, so nothing can be wrong with it. */
    NT_VERIFY(NT_SUCCESS(
        ObReferenceObjectByHandle(thread, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &Server.Worker, NULL)));
    ZwClose(thread);
    return STATUS_SUCCESS;
}

void StopWorker(VOID)
{
    KIRQL irql;

    KeAcquireSpinLock(&Server.Lock, &irql);
    Server.WorkerEnds = TRUE;
    KeReleaseSpinLock(&Server.Lock, irql);
    KeSetEvent(&Server.WorkIsThere, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(Server.Worker, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Server.Worker);
}
