/*
 * A shipper of records over the Winsock Kernel: whoever connects is shipped ten records, and what it answers is counted.
 *
 *     wsksim cc shipper.c shipper_worker.c -o shipper.so
 *     wsksim cc shipper.c shipper_worker.c -D MISTAKE=EARLY_FREE -o faulty.so
 *
 * Callbacks only note what happened. One system thread sends, releases and closes; a collector is freed when its close has
 * completed. With a MISTAKE it is a driver that makes one classic mistake, and `wsksim run` finds it; the line to mend ends
 * with its name.
 */
#include "shipper.h"

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD ShipperUnload;
IO_COMPLETION_ROUTINE ControlCompleted;

SHIPPER Shipper;

static WSK_REGISTRATION Registration;
static WSK_PROVIDER_NPI Provider;
static BOOLEAN Registered;
static BOOLEAN Captured;
static PWSK_SOCKET Listener;
static PIRP ControlIrp;
static KEVENT ControlDone;
static PVOID Thread;

NTSTATUS ControlCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent((PKEVENT)Context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static PIRP Begin(VOID)
{
    IoReuseIrp(ControlIrp, STATUS_UNSUCCESSFUL); /* NOT_AWAITED */
    KeClearEvent(&ControlDone);
    IoSetCompletionRoutine(ControlIrp, ControlCompleted, &ControlDone, TRUE, TRUE, TRUE);
    return ControlIrp;
}

static NTSTATUS Await(_In_ NTSTATUS Status)
{
    if (Status == STATUS_PENDING && MISTAKE != NOT_AWAITED) {
        KeWaitForSingleObject(&ControlDone, Executive, KernelMode, FALSE, NULL);
    }
    return ControlIrp->IoStatus.Status;
}

static NTSTATUS WSKAPI OnReceive(PVOID SocketContext, ULONG Flags, PWSK_DATA_INDICATION DataIndication,
                                 SIZE_T BytesIndicated, SIZE_T *BytesAccepted)
{
    PCOLLECTOR collector = (PCOLLECTOR)SocketContext;
    NTSTATUS status = STATUS_SUCCESS;
    KIRQL irql;

    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(BytesAccepted);
    KeAcquireSpinLock(&Shipper.Lock, &irql);
    collector->Answered += BytesIndicated;
    if (DataIndication == NULL) {
        collector->Ended = TRUE;
    } else if (collector->Kept == NULL && !collector->Closing) {
        collector->Kept = DataIndication;
        status = STATUS_PENDING;
    }
    KeSetEvent(&Shipper.Work, IO_NO_INCREMENT, FALSE);
    KeReleaseSpinLock(&Shipper.Lock, irql);
    return MISTAKE == WRONG_ANSWER ? STATUS_INVALID_PARAMETER : status;
}

static NTSTATUS WSKAPI OnDisconnect(PVOID SocketContext, ULONG Flags)
{
    PCOLLECTOR collector = (PCOLLECTOR)SocketContext;
    KIRQL irql;

    UNREFERENCED_PARAMETER(Flags);
    if (MISTAKE == WAIT_IN_CALLBACK) {
        KeWaitForSingleObject(&ControlDone, Executive, KernelMode, FALSE, NULL); /* WAIT_IN_CALLBACK */
    }
    KeAcquireSpinLock(&Shipper.Lock, &irql);
    collector->Ended = TRUE;
    KeSetEvent(&Shipper.Work, IO_NO_INCREMENT, FALSE);
    if (MISTAKE != LOCK_LEFT) {
        KeReleaseSpinLock(&Shipper.Lock, irql);
    }
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_CONNECTION_DISPATCH CollectorDispatch = {OnReceive, OnDisconnect, NULL};

static NTSTATUS WSKAPI OnAccept(PVOID SocketContext, ULONG Flags, PSOCKADDR LocalAddress, PSOCKADDR RemoteAddress,
                                PWSK_SOCKET AcceptSocket, PVOID *AcceptSocketContext,
                                CONST WSK_CLIENT_CONNECTION_DISPATCH **AcceptSocketDispatch)
{
    PCOLLECTOR collector;
    KIRQL irql;

    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(LocalAddress);
    UNREFERENCED_PARAMETER(RemoteAddress);
    if (AcceptSocket == NULL) {
        return STATUS_REQUEST_NOT_ACCEPTED;
    }
    collector = AllocateCollector();
    if (collector == NULL) {
        return STATUS_REQUEST_NOT_ACCEPTED;
    }
    collector->Socket = AcceptSocket;
    *AcceptSocketContext = collector;
    *AcceptSocketDispatch = &CollectorDispatch;
    KeAcquireSpinLock(&Shipper.Lock, &irql);
    InsertTailList(&Shipper.Collectors, &collector->Link);
    Shipper.Open++;
    KeSetEvent(&Shipper.Work, IO_NO_INCREMENT, FALSE);
    KeReleaseSpinLock(&Shipper.Lock, irql);
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_LISTEN_DISPATCH ListenDispatch = {OnAccept, NULL, NULL};
static const WSK_CLIENT_DISPATCH ClientDispatch = {MAKE_WSK_VERSION(1, 0), 0, NULL};

/* Registers, and listens; what was begun is left to ShipperUnload also if it fails. */
static NTSTATUS Listen(VOID)
{
    static WSK_CLIENT_NPI client = {NULL, &ClientDispatch};
    WSK_EVENT_CALLBACK_CONTROL control = {(PNPIID)&NPI_WSK_INTERFACE_ID,
                                          WSK_EVENT_ACCEPT | WSK_EVENT_RECEIVE | WSK_EVENT_DISCONNECT};
    SOCKADDR_IN address = {AF_INET, RtlUshortByteSwap(PORT), {{{0}}}, {0}};
    NTSTATUS status = WskRegister(&client, &Registration); /* NOT_DEREGISTERED */

    Registered = NT_SUCCESS(status);
    if (NT_SUCCESS(status)) {
        status = WskCaptureProviderNPI(&Registration, WSK_INFINITE_WAIT, &Provider);
        Captured = NT_SUCCESS(status);
    }
    if (NT_SUCCESS(status)) {
        status = Provider.Dispatch->WskControlClient(Provider.Client, WSK_SET_STATIC_EVENT_CALLBACKS, sizeof(control),
                                                     &control, 0, NULL, NULL, NULL);
    }
    if (NT_SUCCESS(status)) {
        status = Await(Provider.Dispatch->WskSocket(Provider.Client, AF_INET, SOCK_STREAM, IPPROTO_TCP,
                                                    WSK_FLAG_LISTEN_SOCKET, NULL, &ListenDispatch, NULL, NULL, NULL,
                                                    Begin()));
    }
    if (NT_SUCCESS(status)) {
        Listener = (PWSK_SOCKET)ControlIrp->IoStatus.Information;
        status = Await(((const WSK_PROVIDER_LISTEN_DISPATCH *)Listener->Dispatch)->WskBind(Listener,
                                                                                           (PSOCKADDR)&address, 0,
                                                                                           Begin()));
    }
    return status;
}

VOID ShipperUnload(PDRIVER_OBJECT DriverObject)
{
    KIRQL irql;

    UNREFERENCED_PARAMETER(DriverObject);
    if (Listener != NULL && MISTAKE != SOCKET_LEFT) {
        Await(((const WSK_PROVIDER_LISTEN_DISPATCH *)Listener->Dispatch)->Basic.WskCloseSocket(Listener, Begin()));
    }
    KeAcquireSpinLock(&Shipper.Lock, &irql);
    Shipper.Stopping = TRUE;
    KeSetEvent(&Shipper.Work, IO_NO_INCREMENT, FALSE);
    KeReleaseSpinLock(&Shipper.Lock, irql);
    if (Thread != NULL) {
        if (MISTAKE != THREAD_LEFT) {
            KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
        }
        ObDereferenceObject(Thread);
    }
    if (Captured) {
        WskReleaseProviderNPI(&Registration);
    }
    if (Registered && MISTAKE != NOT_DEREGISTERED) {
        WskDeregister(&Registration); /* SOCKET_LEFT */
    }
    if (ControlIrp != NULL) {
        IoFreeIrp(ControlIrp);
    }
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    HANDLE handle = NULL;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = ShipperUnload;
    KeInitializeEvent(&ControlDone, NotificationEvent, FALSE);
    KeInitializeEvent(&Shipper.Work, SynchronizationEvent, FALSE);
    KeInitializeSpinLock(&Shipper.Lock);
    InitializeListHead(&Shipper.Collectors);
    ControlIrp = IoAllocateIrp(1, FALSE);
    if (ControlIrp == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, ShipRecords, NULL);
    if (NT_SUCCESS(status)) {
        ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &Thread, NULL);
        ZwClose(handle);
        status = Listen();
    }
    if (!NT_SUCCESS(status)) {
        ShipperUnload(DriverObject);
    }
    return status;
}
