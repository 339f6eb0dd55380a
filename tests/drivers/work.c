/*
 * A driver that leaves work to the system: timers, deferred routines, work items; and what it has of devices, lists and
 * hashes. It makes one mistake with one of them, or none; the line of a mistake ends with it.
 */
#include "mistakes.h"

#include <bcrypt.h>
#include <ntifs.h>

#define TAG 'kroW'
#define ITEMS 3

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD Unload;

typedef struct _ENTRY {
    SLIST_ENTRY Link;
    LIST_ENTRY Listed;
} ENTRY, *PENTRY;

static KTIMER Timer;
static KTIMER Ticking;
static KDPC TimerDpc;
static KDPC Dpc;
static KEVENT Ticked;
static KEVENT Worked;
static KSPIN_LOCK Lock;
static WORK_QUEUE_ITEM Item;
static WORK_QUEUE_ITEM Another;
static PDEVICE_OBJECT Device;
static PIO_WORKITEM IoItem;
static NPAGED_LOOKASIDE_LIST Entries;
static LOOKASIDE_LIST_EX OwnEntries;
static SLIST_HEADER Stack;
static LIST_ENTRY List;
static LONG Ticks;
static LONG Deferred;
static LONG Done;
static LONG Own;

static VOID OnTimer(PKDPC Object, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    NT_ASSERT(KeGetCurrentIrql() == DISPATCH_LEVEL && Context == &Ticks);
    if (InterlockedIncrement(&Ticks) == 3) {
        KeSetEvent(&Ticked, IO_NO_INCREMENT, FALSE);
    }
    if (Is("WAIT_IN_DPC")) {
        KeWaitForSingleObject(&Worked, Executive, KernelMode, FALSE, NULL); /* WAIT_IN_DPC */
    }
}

static VOID OnDpc(PKDPC Object, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(Context);
    NT_ASSERT(Argument1 == &Timer && Argument2 == &Dpc && KeGetCurrentIrql() == DISPATCH_LEVEL);
    InterlockedIncrement(&Deferred);
    if (Is("DPC_LOWERED")) {
        KeLowerIrql(PASSIVE_LEVEL);
    }
}

static VOID OnItem(PVOID Parameter)
{
    NT_ASSERT(KeGetCurrentIrql() == PASSIVE_LEVEL && Parameter == &Item);
    InterlockedIncrement(&Done);
    if (Is("ITEM_HOLDS")) {
        KIRQL irql;

        KeAcquireSpinLock(&Lock, &irql); /* ITEM_HOLDS */
        KeLowerIrql(irql);
    }
    KeSetEvent(&Worked, IO_NO_INCREMENT, FALSE);
}

static VOID OnAnother(PVOID Parameter)
{
    NT_ASSERT(KeGetCurrentIrql() == PASSIVE_LEVEL && !KeReadStateEvent((PKEVENT)Parameter));
    KeSetEvent((PKEVENT)Parameter, IO_NO_INCREMENT, FALSE);
}

static VOID OnIoItem(PDEVICE_OBJECT DeviceObject, PVOID Context)
{
    NT_ASSERT(DeviceObject == Device && Context == &IoItem);
    if (InterlockedIncrement(&Done) <= ITEMS) {
        IoQueueWorkItem(IoItem, OnIoItem, DelayedWorkQueue, &IoItem);
    } else {
        KeSetEvent(&Worked, IO_NO_INCREMENT, FALSE);
    }
}

static VOID Await(PKEVENT Event)
{
    KeWaitForSingleObject(Event, Executive, KernelMode, FALSE, NULL);
}

static VOID WithTimers(VOID)
{
    LARGE_INTEGER due;
    PKTIMER freed = (PKTIMER)ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*freed), TAG);

    due.QuadPart = -10 * 1000;
    if (Is("TIMER_UNINITIALIZED")) {
        KeSetTimer(&Timer, due, NULL); /* TIMER_UNINITIALIZED */
    }
    KeInitializeTimer(&Timer);
    KeInitializeTimerEx(&Ticking, SynchronizationTimer);
    KeInitializeDpc(&TimerDpc, OnTimer, &Ticks);
    KeSetTimerEx(&Ticking, due, 5, &TimerDpc);
    Await(&Ticked);
    NT_ASSERT(KeCancelTimer(&Ticking));
    KeSetTimer(&Timer, due, NULL);
    KeWaitForSingleObject(&Timer, Executive, KernelMode, FALSE, NULL);
    KeInitializeTimer(freed);
    KeSetTimer(freed, due, NULL);
    if (!Is("TIMER_FREED")) {
        KeCancelTimer(freed);
    }
    ExFreePoolWithTag(freed, TAG); /* TIMER_FREED */
    if (Is("TIMER_FREED")) {
        KeBugCheck(1);
    }
}

static VOID WithDpcs(VOID)
{
    KIRQL irql;

    KeInitializeDpc(&Dpc, OnDpc, NULL);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    if (KeInsertQueueDpc(&Dpc, &Timer, &Dpc) && KeRemoveQueueDpc(&Dpc)) {
        NT_ASSERT(Deferred == 0);
    }
    KeLowerIrql(irql);
    KeFlushQueuedDpcs();
    Deferred = 0;
    KeInsertQueueDpc(&Dpc, &Timer, &Dpc);
    KeFlushQueuedDpcs();
    NT_ASSERT(Deferred == 1 && !KeRemoveQueueDpc(&Dpc));
}

static VOID WithItems(VOID)
{
    KeClearEvent(&Worked);
    KeClearEvent(&Ticked);
    ExInitializeWorkItem(&Another, OnAnother, &Ticked);
    ExQueueWorkItem(&Another, CriticalWorkQueue);
    ExInitializeWorkItem(&Item, OnItem, &Item);
    ExQueueWorkItem(&Item, DelayedWorkQueue);
    if (Is("ITEM_TWICE")) {
        ExQueueWorkItem(&Item, DelayedWorkQueue); /* ITEM_TWICE */
    }
    Await(&Worked);
    Await(&Ticked);
    KeClearEvent(&Worked);
    Done = 0;
    IoItem = IoAllocateWorkItem(Is("NO_DEVICE") ? NULL : Device); /* NO_DEVICE */
    IoQueueWorkItem(IoItem, OnIoItem, DelayedWorkQueue, &IoItem);
    if (Is("ITEM_FREED")) {
        IoFreeWorkItem(IoItem);
        return;
    }
    Await(&Worked);
    IoFreeWorkItem(IoItem);
    if (Is("ITEM_FREED_TWICE")) {
        IoFreeWorkItem(IoItem);
    }
}

static PVOID AllocateOwn(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag, PLOOKASIDE_LIST_EX Lookaside)
{
    NT_ASSERT(Lookaside == &OwnEntries && NumberOfBytes == sizeof(ENTRY));
    Own++;
    return ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

static VOID FreeOwn(PVOID Buffer, PLOOKASIDE_LIST_EX Lookaside)
{
    NT_ASSERT(Lookaside == &OwnEntries);
    Own--;
    ExFreePool(Buffer);
}

static VOID WithLists(VOID)
{
    PENTRY one, other;

    ExInitializeNPagedLookasideList(&Entries, NULL, NULL, 0, sizeof(ENTRY), TAG, 0); /* LOOKASIDE_LEFT */
    ExInitializeLookasideListEx(&OwnEntries, AllocateOwn, FreeOwn, NonPagedPoolNx, 0, sizeof(ENTRY), TAG, 0);
    one = (PENTRY)ExAllocateFromNPagedLookasideList(&Entries); /* ENTRY_LEFT */
    other = (PENTRY)ExAllocateFromLookasideListEx(&OwnEntries);
    NT_ASSERT(one != NULL && other != NULL && Own == 1);
    InitializeSListHead(&Stack);
    NT_ASSERT(InterlockedPushEntrySList(&Stack, &one->Link) == NULL);
    NT_ASSERT(InterlockedPushEntrySList(&Stack, &other->Link) == &one->Link);
    if (Is("PUSHED_TWICE")) {
        InterlockedPushEntrySList(&Stack, &one->Link); /* PUSHED_TWICE */
    }
    NT_ASSERT(ExQueryDepthSList(&Stack) == 2 && FirstEntrySList(&Stack) == &other->Link);
    NT_ASSERT(InterlockedPopEntrySList(&Stack) == &other->Link && ExQueryDepthSList(&Stack) == 1);
    NT_ASSERT(ExInterlockedFlushSList(&Stack) == &one->Link && InterlockedPopEntrySList(&Stack) == NULL);
    if (Is("LIST_UNINITIALIZED")) {
        ExInterlockedInsertHeadList(&List, &one->Listed, &Lock); /* LIST_UNINITIALIZED */
    }
    InitializeListHead(&List);
    NT_ASSERT(ExInterlockedInsertHeadList(&List, &one->Listed, &Lock) == NULL);
    NT_ASSERT(ExInterlockedInsertTailList(&List, &other->Listed, &Lock) == &one->Listed);
    NT_ASSERT(ExInterlockedRemoveHeadList(&List, &Lock) == &one->Listed);
    NT_ASSERT(ExInterlockedRemoveHeadList(&List, &Lock) == &other->Listed && IsListEmpty(&List));
    NT_ASSERT(ExInterlockedRemoveHeadList(&List, &Lock) == NULL);
    if (Is("OTHER_LIST")) {
        ExFreeToLookasideListEx(&OwnEntries, one); /* OTHER_LIST */
        return;
    }
    if (!Is("ENTRY_LEFT")) {
        ExFreeToNPagedLookasideList(&Entries, one);
    }
    ExFreeToLookasideListEx(&OwnEntries, other);
    NT_ASSERT(Own == 0);
    if (!Is("LOOKASIDE_LEFT")) {
        ExDeleteNPagedLookasideList(&Entries);
    }
    ExDeleteLookasideListEx(&OwnEntries);
    if (Is("LOOKASIDE_DELETED")) {
        ExAllocateFromLookasideListEx(&OwnEntries); /* LOOKASIDE_DELETED */
    }
}

static VOID WithHashes(VOID)
{
    static const UCHAR Wanted[] = {0xBA, 0x78, 0x16, 0xBF, 0x8F, 0x01, 0xCF, 0xEA};
    /* RFC 4231, case 2. */
    static const UCHAR Keyed[] = {0x5B, 0xDC, 0xC1, 0x46, 0xBF, 0x60, 0x75, 0x4E};
    BCRYPT_ALG_HANDLE algorithm;
    BCRYPT_HASH_HANDLE hash;
    UCHAR digest[32], again[32];
    ULONG length = 0, written;

    NT_ASSERT(BCryptOpenAlgorithmProvider(&algorithm, L"SHA0", NULL, 0) == STATUS_NOT_FOUND);
    NT_ASSERT(NT_SUCCESS(BCryptOpenAlgorithmProvider(&algorithm, BCRYPT_SHA256_ALGORITHM, NULL, 0))); /* HANDLE_LEFT */
    NT_ASSERT(NT_SUCCESS(BCryptGetProperty(algorithm, BCRYPT_HASH_LENGTH, (PUCHAR)&length, sizeof(length), &written, 0)));
    NT_ASSERT(length == sizeof(digest) && written == sizeof(length));
    NT_ASSERT(NT_SUCCESS(BCryptCreateHash(algorithm, &hash, NULL, 0, NULL, 0, 0))); /* HASH_LEFT */
    NT_ASSERT(NT_SUCCESS(BCryptHashData(hash, (PUCHAR)"abc", 3, 0)));
    NT_ASSERT(BCryptFinishHash(hash, digest, 31, 0) == STATUS_INVALID_PARAMETER);
    NT_ASSERT(NT_SUCCESS(BCryptFinishHash(hash, digest, sizeof(digest), 0)));
    NT_ASSERT(RtlEqualMemory(digest, Wanted, sizeof(Wanted)));
    NT_ASSERT(BCryptHashData(hash, (PUCHAR)"abc", 3, 0) == STATUS_INVALID_HANDLE);
    if (!Is("HASH_LEFT")) {
        BCryptDestroyHash(hash);
    }
    if (Is("DESTROYED_TWICE")) {
        BCryptDestroyHash(hash); /* DESTROYED_TWICE */
    }
    if (!Is("HANDLE_LEFT")) {
        BCryptCloseAlgorithmProvider(algorithm, 0);
    }
    BCryptOpenAlgorithmProvider(&algorithm, BCRYPT_SHA256_ALGORITHM, NULL, BCRYPT_ALG_HANDLE_HMAC_FLAG);
    BCryptCreateHash(algorithm, &hash, NULL, 0, (PUCHAR)"Jefe", 4, BCRYPT_HASH_REUSABLE_FLAG);
    BCryptHashData(hash, (PUCHAR)"what do ya want ", 16, 0);
    BCryptHashData(hash, (PUCHAR)"for nothing?", 12, 0);
    NT_ASSERT(NT_SUCCESS(BCryptFinishHash(hash, digest, sizeof(digest), 0)));
    NT_ASSERT(RtlEqualMemory(digest, Keyed, sizeof(Keyed)));
    BCryptHashData(hash, (PUCHAR)"what do ya want for nothing?", 28, 0);
    NT_ASSERT(NT_SUCCESS(BCryptFinishHash(hash, again, sizeof(again), 0)));
    NT_ASSERT(RtlEqualMemory(digest, again, sizeof(again)));
    BCryptDestroyHash(hash);
    BCryptCloseAlgorithmProvider(algorithm, 0);
    NT_ASSERT(NT_SUCCESS(BCryptGenRandom(NULL, again, sizeof(again), BCRYPT_USE_SYSTEM_PREFERRED_RNG)));
    NT_ASSERT(!RtlEqualMemory(digest, again, sizeof(again)));
    NT_ASSERT(BCryptGenRandom(NULL, again, sizeof(again), 0) == STATUS_INVALID_HANDLE);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    DECLARE_CONST_UNICODE_STRING(name, L"\\Device\\Work");
    DECLARE_CONST_UNICODE_STRING(other, L"\\DEVICE\\work");
    DECLARE_CONST_UNICODE_STRING(link, L"\\DosDevices\\Work");
    PDEVICE_OBJECT second;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    KeInitializeEvent(&Ticked, NotificationEvent, FALSE);
    KeInitializeEvent(&Worked, NotificationEvent, FALSE);
    KeInitializeSpinLock(&Lock);
    NT_ASSERT(NT_SUCCESS(IoCreateDevice(DriverObject, 16, (PUNICODE_STRING)&name, FILE_DEVICE_UNKNOWN, 0, FALSE,
                                        &Device)));
    NT_ASSERT(DriverObject->DeviceObject == Device && Device->DeviceExtension != NULL);
    NT_ASSERT(IoCreateDevice(DriverObject, 0, (PUNICODE_STRING)&other, FILE_DEVICE_UNKNOWN, 0, FALSE, &second) ==
              STATUS_OBJECT_NAME_COLLISION);
    Device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    NT_ASSERT(NT_SUCCESS(IoCreateSymbolicLink((PUNICODE_STRING)&link, (PUNICODE_STRING)&name))); /* LINK_LEFT */
    WithTimers();
    WithDpcs();
    WithItems();
    WithLists();
    WithHashes();
    return STATUS_SUCCESS;
}

VOID Unload(PDRIVER_OBJECT DriverObject)
{
    DECLARE_CONST_UNICODE_STRING(link, L"\\DosDevices\\WORK");
    LARGE_INTEGER due;

    due.QuadPart = -10 * 1000;
    if (Is("TIMER_LEFT")) {
        KeSetTimer(&Timer, due, NULL); /* TIMER_LEFT */
    }
    if (Is("DPC_LEFT")) {
        KeInsertQueueDpc(&Dpc, &Timer, &Dpc); /* DPC_LEFT */
    }
    if (Is("ITEM_LEFT")) {
        ExQueueWorkItem(&Item, DelayedWorkQueue); /* ITEM_LEFT */
    }
    if (!Is("LINK_LEFT")) {
        NT_ASSERT(NT_SUCCESS(IoDeleteSymbolicLink((PUNICODE_STRING)&link)));
    }
    if (!Is("DEVICE_LEFT")) {
        IoDeleteDevice(Device);
        NT_ASSERT(DriverObject->DeviceObject == NULL);
    }
}
