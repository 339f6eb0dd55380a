/*
 * A driver with a planted fault, which a macro chooses; the line of each ends with its name. Without one it is clean: two
 * threads count under a lock, and the system's thread reads the sum when it has waited for both.
 */
#include <ntddk.h>

#define TAG 'tnlP'
#define TURNS 4

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD Unload;
KSTART_ROUTINE Count;

static KSPIN_LOCK Lock;
static KEVENT Never;
static PVOID Threads[2];
static volatile LONG Sum;

VOID Count(PVOID Context)
{
    ULONG turn;
    KIRQL irql;

    UNREFERENCED_PARAMETER(Context);
    for (turn = 0; turn < TURNS; turn++) {
#ifdef RACE
        Sum = Sum + 1; /* RACE */
        KeQueryInterruptTime();
        UNREFERENCED_PARAMETER(irql);
#else
        KeAcquireSpinLock(&Lock, &irql);
        Sum = Sum + 1;
        KeReleaseSpinLock(&Lock, irql);
#endif
    }
#ifdef DEADLOCK
    KeWaitForSingleObject(&Never, Executive, KernelMode, FALSE, NULL);
#endif
}

static BOOLEAN Start(PVOID *Thread)
{
    HANDLE handle;

    if (!NT_SUCCESS(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, Count, NULL))) {
        return FALSE;
    }
    ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, NULL, KernelMode, Thread, NULL);
    ZwClose(handle);
    return TRUE;
}

static DECLSPEC_NOINLINE VOID Wait(PVOID Thread)
{
    if (Thread != NULL) {
        KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL); /* DEADLOCK */
        ObDereferenceObject(Thread);
    }
}

VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    Wait(Threads[0]);
    Wait(Threads[1]);
    DbgPrint("counted %d\n", Sum);
}

static DECLSPEC_NOINLINE VOID UseMemory(LONG Length)
{
    PLONG numbers = (PLONG)ExAllocatePoolWithTag(NonPagedPoolNx, 4 * sizeof(LONG), TAG); /* ALLOCATED */

    if (numbers == NULL) {
        return;
    }
    RtlZeroMemory(numbers, 4 * sizeof(LONG));
#ifdef BEYOND
    numbers[Length] = 1; /* BEYOND */
#endif
#ifdef SHIFTED
    numbers[0] = 1 << (8 * Length); /* SHIFTED */
#endif
    ExFreePoolWithTag(numbers, TAG); /* FREED */
#ifdef USED
    Sum = numbers[Length - 2]; /* USED */
#endif
    UNREFERENCED_PARAMETER(Length);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    DriverObject->DriverUnload = Unload;
    KeInitializeSpinLock(&Lock);
    KeInitializeEvent(&Never, NotificationEvent, FALSE);
    UseMemory(RegistryPath->Length > 0 ? 4 : 1);
    if (!Start(&Threads[0]) || !Start(&Threads[1])) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    return STATUS_SUCCESS;
}
