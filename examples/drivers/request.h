/*
 * A request that somebody waits for: an IRP, and an event that its completion routine sets. The IRP is used again and again.
 */
#pragma once

#include <ntddk.h>
#include <wsk.h>

typedef struct _REQUEST {
    PIRP Irp;
    KEVENT Completed;
} REQUEST, *PREQUEST;

static NTSTATUS RequestCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent(&((PREQUEST)Context)->Completed, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static inline BOOLEAN MakeRequest(_Out_ PREQUEST Request)
{
    KeInitializeEvent(&Request->Completed, NotificationEvent, FALSE);
    Request->Irp = IoAllocateIrp(1, FALSE);
    return Request->Irp != NULL;
}

/* Makes the IRP ready for the next call. */
static inline PIRP BeginRequest(_Inout_ PREQUEST Request)
{
    IoReuseIrp(Request->Irp, STATUS_UNSUCCESSFUL);
    KeClearEvent(&Request->Completed);
    IoSetCompletionRoutine(Request->Irp, RequestCompleted, Request, TRUE, TRUE, TRUE);
    return Request->Irp;
}

/* Waits until the request is over; its status is the IRP's, whatever the call returned. */
static inline NTSTATUS EndRequest(_Inout_ PREQUEST Request)
{
    KeWaitForSingleObject(&Request->Completed, Executive, KernelMode, FALSE, NULL);
    return Request->Irp->IoStatus.Status;
}

/* The same; one that takes too long is cancelled, and is over only then. */
static inline NTSTATUS EndRequestInTime(_Inout_ PREQUEST Request, LONGLONG Timeout)
{
    LARGE_INTEGER timeout;

    timeout.QuadPart = Timeout;
    if (KeWaitForSingleObject(&Request->Completed, Executive, KernelMode, FALSE, &timeout) == STATUS_TIMEOUT) {
        IoCancelIrp(Request->Irp);
    }
    return EndRequest(Request);
}
