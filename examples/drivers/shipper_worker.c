/*
 * The shipper's thread, which sends, releases and closes, and a collector's memory; shipper.c says how it is built.
 */
#include "shipper.h"

IO_COMPLETION_ROUTINE SendCompleted;
IO_COMPLETION_ROUTINE CloseCompleted;
IO_COMPLETION_ROUTINE LateCompleted;

static const WSK_PROVIDER_CONNECTION_DISPATCH *FunctionsOf(_In_ PWSK_SOCKET Socket)
{
    return (const WSK_PROVIDER_CONNECTION_DISPATCH *)Socket->Dispatch;
}

static VOID FreeCollector(_In_ PCOLLECTOR Collector)
{
    if (Collector->Buffer.Mdl != NULL) {
        IoFreeMdl(Collector->Buffer.Mdl);
    }
    if (Collector->SendIrp != NULL) {
        IoFreeIrp(Collector->SendIrp);
    }
    if (Collector->CloseIrp != NULL) {
        IoFreeIrp(Collector->CloseIrp);
    }
    if (MISTAKE != LEAK) {
        ExFreePoolWithTag(Collector, TAG);
    }
    if (MISTAKE == DOUBLE_FREE) {
        ExFreePoolWithTag(Collector, TAG); /* DOUBLE_FREE */
    }
}

PCOLLECTOR AllocateCollector(VOID)
{
    PCOLLECTOR collector = (PCOLLECTOR)ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*collector), TAG); /* LEAK */

    if (collector == NULL && MISTAKE != UNCHECKED) {
        return NULL;
    }
    collector->Shipped = 0; /* UNCHECKED */
    collector->SendIrp = IoAllocateIrp(1, FALSE);
    collector->CloseIrp = IoAllocateIrp(1, FALSE);
    collector->Buffer.Mdl = IoAllocateMdl(collector->Record, sizeof(collector->Record), FALSE, FALSE, NULL);
    if (collector->SendIrp == NULL || collector->CloseIrp == NULL || collector->Buffer.Mdl == NULL) {
        FreeCollector(collector);
        return NULL;
    }
    MmBuildMdlForNonPagedPool(collector->Buffer.Mdl);
    return collector;
}

NTSTATUS CloseCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PCOLLECTOR collector = (PCOLLECTOR)Context;
    KIRQL irql;

    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    if (MISTAKE != EARLY_FREE) {
        KeAcquireSpinLock(&Shipper.Lock, &irql);
        RemoveEntryList(&collector->Link);
        KeReleaseSpinLock(&Shipper.Lock, irql);
        FreeCollector(collector);
    }
    KeAcquireSpinLock(&Shipper.Lock, &irql);
    Shipper.Open--;
    KeSetEvent(&Shipper.Work, IO_NO_INCREMENT, FALSE);
    KeReleaseSpinLock(&Shipper.Lock, irql);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

NTSTATUS LateCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Context);
    IoFreeIrp(Irp);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* Begins the close of a collector; it is freed when that has completed, after its last callback. */
static VOID Close(_In_ PCOLLECTOR Collector)
{
    PWSK_SOCKET socket = Collector->Socket;
    PIRP irp = Collector->CloseIrp;

    IoSetCompletionRoutine(irp, CloseCompleted, Collector, TRUE, TRUE, TRUE);
    if (MISTAKE == EARLY_FREE) {
        KIRQL irql;

        KeAcquireSpinLock(&Shipper.Lock, &irql);
        RemoveEntryList(&Collector->Link);
        KeReleaseSpinLock(&Shipper.Lock, irql);
        ExFreePoolWithTag(Collector, TAG); /* EARLY_FREE */
    }
    FunctionsOf(socket)->Basic.WskCloseSocket(socket, irp);
    if (MISTAKE == USE_AFTER_CLOSE) {
        PIRP late = IoAllocateIrp(1, FALSE);

        IoSetCompletionRoutine(late, LateCompleted, NULL, TRUE, TRUE, TRUE);
        FunctionsOf(socket)->WskDisconnect(socket, NULL, WSK_FLAG_ABORTIVE, late); /* USE_AFTER_CLOSE */
    }
    if (MISTAKE == LATE_CALL) {
        WSK_EVENT_CALLBACK_CONTROL control = {(PNPIID)&NPI_WSK_INTERFACE_ID, WSK_EVENT_RECEIVE};

        FunctionsOf(socket)->Basic.WskControlSocket(socket, WskSetOption, SO_WSK_EVENT_CALLBACK, SOL_SOCKET,
                                                    sizeof(control), &control, 0, NULL, NULL, NULL); /* LATE_CALL */
    }
}

NTSTATUS SendCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PCOLLECTOR collector = (PCOLLECTOR)Context;
    KIRQL irql;

    UNREFERENCED_PARAMETER(DeviceObject);
    KeAcquireSpinLock(&Shipper.Lock, &irql);
    collector->Busy = FALSE;
    if (!NT_SUCCESS(Irp->IoStatus.Status)) {
        collector->Ended = TRUE;
    }
    KeSetEvent(&Shipper.Work, IO_NO_INCREMENT, FALSE);
    KeReleaseSpinLock(&Shipper.Lock, irql);
    return MISTAKE == CONTINUES ? STATUS_CONTINUE_COMPLETION : STATUS_MORE_PROCESSING_REQUIRED;
}

/* Writes the next record, a number, and sends it; the last one goes with the end of the stream. */
static VOID Ship(_In_ PCOLLECTOR Collector)
{
    WCHAR digits[8];
    UNICODE_STRING text = {0, sizeof(digits), digits};
    ULONG length = 0, place;
    PIRP irp = Collector->SendIrp;
    KIRQL irql = PASSIVE_LEVEL;

    if (MISTAKE == TOO_HIGH) {
        KeAcquireSpinLock(&Shipper.Lock, &irql);
    }
    if (NT_SUCCESS(RtlIntegerToUnicodeString(Collector->Shipped, 10, &text))) { /* TOO_HIGH */
        length = text.Length / sizeof(WCHAR);
    }
    if (MISTAKE == TOO_HIGH) {
        KeReleaseSpinLock(&Shipper.Lock, irql);
    }
    for (place = 0; place < length; place++) {
        Collector->Record[place] = (CHAR)digits[place];
    }
    Collector->Record[length++] = '\n';
    Collector->Buffer.Length = length;
    if (MISTAKE != IRP_REUSED) {
        IoReuseIrp(irp, STATUS_UNSUCCESSFUL);
        IoSetCompletionRoutine(irp, SendCompleted, Collector, TRUE, TRUE, TRUE);
    } else if (Collector->Shipped == 0) {
        IoSetCompletionRoutine(irp, SendCompleted, Collector, TRUE, TRUE, TRUE);
    }
    if (++Collector->Shipped < RECORDS) {
        FunctionsOf(Collector->Socket)->WskSend(Collector->Socket, &Collector->Buffer, 0, irp);
    } else {
        FunctionsOf(Collector->Socket)->WskDisconnect(Collector->Socket, &Collector->Buffer, 0, irp);
    }
    if (MISTAKE == COMPLETED_TWICE) {
        IoCompleteRequest(irp, IO_NO_INCREMENT); /* COMPLETED_TWICE */
    }
    if (MISTAKE == BUFFER_FREED && Collector->Shipped == RECORDS) {
        IoFreeMdl(Collector->Buffer.Mdl); /* BUFFER_FREED */
        Collector->Buffer.Mdl = NULL;
    }
}

/* Does what is next for a collector; returns whether there was something. The lock is held, and is left meanwhile. */
static BOOLEAN Attend(_In_ PCOLLECTOR Collector, _Inout_ KIRQL *Irql)
{
    PWSK_DATA_INDICATION kept = Collector->Kept;
    BOOLEAN ships = FALSE;

    if (Collector->Closing) {
        return FALSE;
    }
    if (kept != NULL) {
        Collector->Kept = NULL;
    } else if (Collector->Ended || Shipper.Stopping) {
        Collector->Closing = TRUE;
    } else if (Collector->Shipped < RECORDS && (!Collector->Busy || MISTAKE == IRP_REUSED)) {
        Collector->Busy = TRUE;
        ships = TRUE;
    } else {
        return FALSE;
    }
    KeReleaseSpinLock(&Shipper.Lock, *Irql);
    if (kept != NULL) {
        if (MISTAKE != NOT_RELEASED) {
            FunctionsOf(Collector->Socket)->WskRelease(Collector->Socket, kept);
        }
    } else if (ships) {
        Ship(Collector);
    } else {
        Close(Collector);
    }
    KeAcquireSpinLock(&Shipper.Lock, Irql);
    return TRUE;
}

VOID ShipRecords(PVOID StartContext)
{
    PLIST_ENTRY entry;
    BOOLEAN over = FALSE;
    KIRQL irql;

    UNREFERENCED_PARAMETER(StartContext);
    while (!over) {
        KeAcquireSpinLock(&Shipper.Lock, &irql);
        if (MISTAKE == LOCK_OVER_WAIT) {
            KeWaitForSingleObject(&Shipper.Work, Executive, KernelMode, FALSE, NULL); /* LOCK_OVER_WAIT */
        }
        for (entry = Shipper.Collectors.Flink; entry != &Shipper.Collectors;) {
            PCOLLECTOR collector = CONTAINING_RECORD(entry, COLLECTOR, Link);

            /* Others came and went while the lock was left. */
            entry = Attend(collector, &irql) ? Shipper.Collectors.Flink : entry->Flink;
        }
        over = Shipper.Stopping && Shipper.Open == 0;
        KeReleaseSpinLock(&Shipper.Lock, irql);
        if (!over && MISTAKE != LOCK_OVER_WAIT) {
            KeWaitForSingleObject(&Shipper.Work, Executive, KernelMode, FALSE, NULL);
        }
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}
