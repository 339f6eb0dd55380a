/*
 * A driver that shares what it has among work items, a deferred routine, a timer's and a thread, each time under what the
 * kernel has for that; with RACE one of them leaves its lock out, on the line that ends so.
 */
#include <ntifs.h>

#define TAG 'rahS'
#define ITEMS 3
#define TURNS 3

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD Unload;
KSTART_ROUTINE Run;
IO_WORKITEM_ROUTINE OnItem;
KDEFERRED_ROUTINE OnDpc;

typedef struct _ENTRY {
    SLIST_ENTRY Link;
    LIST_ENTRY Listed;
    LONG Number;
} ENTRY, *PENTRY;

static PDEVICE_OBJECT Device;
static PIO_WORKITEM Items[ITEMS];
static PVOID Thread;
static SLIST_HEADER Stack;
static LOOKASIDE_LIST_EX Entries;
static LIST_ENTRY List;
static KSPIN_LOCK Lock;
static KSPIN_LOCK ListLock;
static EX_SPIN_LOCK Shared;
static FAST_MUTEX Mutex;
static EX_PUSH_LOCK Push;
static ERESOURCE Resource;
static EX_RUNDOWN_REF Rundown;
static KDPC Dpc;
static KTIMER Timer;
static KDPC TimerDpc;
static KEVENT Done;
static LONG Left;
static LONG Counts[5];

static VOID CountLocked(VOID)
{
    KIRQL irql;

    KeAcquireSpinLock(&Lock, &irql);
    Counts[0] = Counts[0] + 1;
    KeReleaseSpinLock(&Lock, irql);
    irql = ExAcquireSpinLockExclusive(&Shared);
    Counts[1] = Counts[1] + 1;
    ExReleaseSpinLockExclusive(&Shared, irql);
}

static VOID CountWaiting(VOID)
{
    ExAcquireFastMutex(&Mutex);
    Counts[2] = Counts[2] + 1;
    ExReleaseFastMutex(&Mutex);
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&Push);
    Counts[3] = Counts[3] + 1;
    ExReleasePushLockExclusive(&Push);
    ExAcquireResourceExclusiveLite(&Resource, TRUE);
    Counts[4] = Counts[4] + 1;
    ExReleaseResourceLite(&Resource);
    KeLeaveCriticalRegion();
}

/* Whoever takes an entry sees what was written to it. */
static VOID PassOn(LONG Number)
{
    PENTRY entry = (PENTRY)ExAllocateFromLookasideListEx(&Entries);
    PLIST_ENTRY listed;

    if (entry != NULL) {
        entry->Number = Number;
        InterlockedPushEntrySList(&Stack, &entry->Link);
    }
    entry = (PENTRY)InterlockedPopEntrySList(&Stack);
    if (entry != NULL) {
        entry->Number += 1;
        ExInterlockedInsertTailList(&List, &entry->Listed, &ListLock);
    }
    listed = ExInterlockedRemoveHeadList(&List, &ListLock);
    if (listed != NULL) {
        entry = CONTAINING_RECORD(listed, ENTRY, Listed);
        entry->Number += 1;
        ExFreeToLookasideListEx(&Entries, entry);
    }
}

static VOID Finish(VOID)
{
    if (InterlockedDecrement(&Left) == 0) {
        KeSetEvent(&Done, IO_NO_INCREMENT, FALSE);
    }
}

VOID OnDpc(PKDPC Object, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    CountLocked();
    PassOn(100);
    Finish();
}

VOID OnItem(PDEVICE_OBJECT DeviceObject, PVOID Context)
{
    ULONG turn;

    UNREFERENCED_PARAMETER(DeviceObject);
    if (ExAcquireRundownProtection(&Rundown)) {
        for (turn = 0; turn < TURNS; turn++) {
            CountLocked();
            CountWaiting();
            PassOn(*(PLONG)Context);
        }
#ifdef RACE
        Counts[0] = Counts[0] + 1; /* RACE */
#endif
        ExReleaseRundownProtection(&Rundown);
    }
    Finish();
}

VOID Run(PVOID StartContext)
{
    UNREFERENCED_PARAMETER(StartContext);
    CountLocked();
    CountWaiting();
    PassOn(200);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static LONG numbers[ITEMS];
    LARGE_INTEGER due;
    HANDLE handle;
    ULONG place;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    if (!NT_SUCCESS(IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device))) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    InitializeSListHead(&Stack);
    ExInitializeLookasideListEx(&Entries, NULL, NULL, NonPagedPoolNx, 0, sizeof(ENTRY), TAG, 0);
    InitializeListHead(&List);
    KeInitializeSpinLock(&Lock);
    KeInitializeSpinLock(&ListLock);
    ExInitializeFastMutex(&Mutex);
    ExInitializePushLock(&Push);
    ExInitializeResourceLite(&Resource);
    ExInitializeRundownProtection(&Rundown);
    KeInitializeEvent(&Done, NotificationEvent, FALSE);
    KeInitializeDpc(&Dpc, OnDpc, NULL);
    KeInitializeDpc(&TimerDpc, OnDpc, NULL);
    KeInitializeTimer(&Timer);
    Left = ITEMS + 2;
    for (place = 0; place < ITEMS; place++) {
        numbers[place] = (LONG)place;
        Items[place] = IoAllocateWorkItem(Device);
        IoQueueWorkItem(Items[place], OnItem, DelayedWorkQueue, &numbers[place]);
    }
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    due.QuadPart = -1;
    KeSetTimer(&Timer, due, &TimerDpc);
    PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, Run, NULL);
    ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &Thread, NULL);
    ZwClose(handle);
    return STATUS_SUCCESS;
}

VOID Unload(PDRIVER_OBJECT DriverObject)
{
    PENTRY entry;
    PLIST_ENTRY listed;
    ULONG place;

    UNREFERENCED_PARAMETER(DriverObject);
    KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
    KeFlushQueuedDpcs();
    KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Thread);
    ExWaitForRundownProtectionRelease(&Rundown);
    for (place = 0; place < ITEMS; place++) {
        IoFreeWorkItem(Items[place]);
    }
    while ((entry = (PENTRY)InterlockedPopEntrySList(&Stack)) != NULL) {
        ExFreeToLookasideListEx(&Entries, entry);
    }
    while ((listed = ExInterlockedRemoveHeadList(&List, &ListLock)) != NULL) {
        ExFreeToLookasideListEx(&Entries, CONTAINING_RECORD(listed, ENTRY, Listed));
    }
    ExDeleteLookasideListEx(&Entries);
    ExDeleteResourceLite(&Resource);
    IoDeleteDevice(Device);
    DbgPrint("counted %d %d %d %d %d\n", Counts[0], Counts[1], Counts[2], Counts[3], Counts[4]);
}
