/*
 * A driver whose threads share locks of each kind. It makes one mistake with one of them, or none; the line of a mistake
 * ends with it.
 */
#include "mistakes.h"

#include <ntifs.h>

#define TAG 'kcoL'
#define THREADS 3

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD Unload;

static KMUTEX Mutex;
static FAST_MUTEX Fast;
static EX_PUSH_LOCK Push;
static ERESOURCE Resource;
static EX_SPIN_LOCK Shared;
static KSPIN_LOCK Spin;
static EX_RUNDOWN_REF Rundown;
static RTL_RUN_ONCE Once;
static RTL_RUN_ONCE Twice;
static PVOID Threads[THREADS];
static LONG Counts[6];
static LONG Initialised;
static LONG Readers;

/* Others may come between the two, unless a lock keeps them out. */
static VOID Count(LONG *Place)
{
    LONG before = *Place;

    KeGetCurrentIrql();
    *Place = before + 1;
}

static VOID WithMutex(VOID)
{
    KeWaitForSingleObject(&Mutex, Executive, KernelMode, FALSE, NULL); /* MUTEX_LEFT */
    KeWaitForSingleObject(&Mutex, Executive, KernelMode, FALSE, NULL);
    NT_ASSERT(KeReadStateMutex(&Mutex) == -1);
    NT_ASSERT(KeAreApcsDisabled());
    Count(&Counts[0]);
    NT_ASSERT(KeReleaseMutex(&Mutex, FALSE) == -1);
    if (!Is("MUTEX_LEFT")) {
        NT_ASSERT(KeReleaseMutex(&Mutex, FALSE) == 0);
    }
    if (Is("MUTEX_OF_OTHERS")) {
        KeReleaseMutex(&Mutex, FALSE); /* MUTEX_OF_OTHERS */
    }
}

static VOID WithFastMutex(VOID)
{
    if (Is("FAST_UNSAFE")) {
        ExAcquireFastMutexUnsafe(&Fast); /* FAST_UNSAFE */
        ExReleaseFastMutexUnsafe(&Fast);
    }
    ExAcquireFastMutex(&Fast);
    NT_ASSERT(KeGetCurrentIrql() == APC_LEVEL);
    Count(&Counts[1]);
    if (Is("FAST_TWICE")) {
        ExAcquireFastMutex(&Fast); /* FAST_TWICE */
    }
    NT_ASSERT(!ExTryToAcquireFastMutex(&Fast));
    ExReleaseFastMutex(&Fast);
    NT_ASSERT(KeGetCurrentIrql() == PASSIVE_LEVEL);
    if (Is("FAST_OF_OTHERS")) {
        ExReleaseFastMutex(&Fast); /* FAST_OF_OTHERS */
    }
    KeEnterCriticalRegion();
    ExAcquireFastMutexUnsafe(&Fast);
    Count(&Counts[1]);
    ExReleaseFastMutexUnsafe(&Fast);
    KeLeaveCriticalRegion();
}

static VOID WithPushLock(VOID)
{
    KeEnterCriticalRegion(); /* REGION_LEFT */
    ExAcquirePushLockExclusive(&Push);
    Count(&Counts[2]);
    if (Is("PUSH_TWICE")) {
        ExAcquirePushLockShared(&Push); /* PUSH_TWICE */
    }
    ExReleasePushLockExclusive(&Push);
    ExAcquirePushLockShared(&Push);
    if (Is("PUSH_OTHER_MODE")) {
        ExReleasePushLockExclusive(&Push); /* PUSH_OTHER_MODE */
    }
    ExReleasePushLockShared(&Push);
    if (!Is("REGION_LEFT")) {
        KeLeaveCriticalRegion();
    }
    if (Is("NO_REGION")) {
        ExAcquirePushLockShared(&Push); /* NO_REGION */
        ExReleasePushLockShared(&Push);
    }
}

static VOID WithResource(VOID)
{
    KeEnterCriticalRegion();
    ExAcquireResourceSharedLite(&Resource, TRUE);
    InterlockedIncrement(&Readers);
    ExAcquireResourceSharedLite(&Resource, TRUE);
    ExReleaseResourceLite(&Resource);
    if (Is("UPGRADE")) {
        ExAcquireResourceExclusiveLite(&Resource, TRUE); /* UPGRADE */
    }
    InterlockedDecrement(&Readers);
    ExReleaseResourceLite(&Resource);
    ExAcquireResourceExclusiveLite(&Resource, TRUE);
    NT_ASSERT(Readers == 0);
    ExAcquireResourceExclusiveLite(&Resource, FALSE);
    Count(&Counts[3]);
    ExReleaseResourceLite(&Resource);
    ExReleaseResourceLite(&Resource);
    if (Is("RESOURCE_OF_OTHERS")) {
        ExReleaseResourceLite(&Resource); /* RESOURCE_OF_OTHERS */
    }
    KeLeaveCriticalRegion();
}

static VOID WithSpinLocks(VOID)
{
    KIRQL irql = ExAcquireSpinLockShared(&Shared);

    NT_ASSERT(KeGetCurrentIrql() == DISPATCH_LEVEL && Shared > 0);
    if (Is("SHARED_UPGRADE")) {
        ExAcquireSpinLockExclusive(&Shared); /* SHARED_UPGRADE */
    }
    ExReleaseSpinLockShared(&Shared, irql);
    irql = ExAcquireSpinLockExclusive(&Shared);
    Count(&Counts[4]);
    ExReleaseSpinLockExclusive(&Shared, irql);
    if (Is("AT_PASSIVE")) {
        KeAcquireSpinLockAtDpcLevel(&Spin); /* AT_PASSIVE */
        KeReleaseSpinLockFromDpcLevel(&Spin);
    }
    KeAcquireSpinLock(&Spin, &irql);
    Count(&Counts[5]);
    NT_ASSERT(!KeTryToAcquireSpinLockAtDpcLevel(&Spin));
    KeReleaseSpinLock(&Spin, irql);
}

static ULONG InitialiseOnce(PRTL_RUN_ONCE RunOnce, PVOID Parameter, PVOID *Context)
{
    UNREFERENCED_PARAMETER(RunOnce);
    NT_ASSERT(Parameter == &Initialised);
    KeGetCurrentIrql();
    InterlockedIncrement(&Initialised);
    *Context = &Counts[4];
    return TRUE;
}

static VOID WithOnce(VOID)
{
    PVOID context = NULL;
    NTSTATUS status;

    NT_ASSERT(NT_SUCCESS(RtlRunOnceExecuteOnce(&Once, InitialiseOnce, &Initialised, &context)));
    NT_ASSERT(context == &Counts[4]);
    status = RtlRunOnceBeginInitialize(&Twice, 0, &context);
    if (status == STATUS_PENDING) {
        RtlRunOnceComplete(&Twice, 0, NULL);
    }
    if (Is("ONCE_TWICE")) {
        RtlRunOnceComplete(&Twice, 0, NULL); /* ONCE_TWICE */
    }
    NT_ASSERT(RtlRunOnceBeginInitialize(&Twice, RTL_RUN_ONCE_CHECK_ONLY, &context) == STATUS_SUCCESS);
}

static VOID Run(PVOID StartContext)
{
    UNREFERENCED_PARAMETER(StartContext);
    if (ExAcquireRundownProtection(&Rundown)) {
        WithMutex();
        WithFastMutex();
        WithPushLock();
        WithResource();
        WithSpinLocks();
        WithOnce();
        ExReleaseRundownProtection(&Rundown);
        if (Is("RUNDOWN_TWICE")) {
            ExReleaseRundownProtection(&Rundown); /* RUNDOWN_TWICE */
        }
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* What is in use is freed. */
static VOID FreeInUse(VOID)
{
    struct {
        KSPIN_LOCK Spin;
        ERESOURCE Resource;
    } *locks = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*locks), TAG);
    KIRQL irql;

    KeInitializeSpinLock(&locks->Spin);
    ExInitializeResourceLite(&locks->Resource);
    KeAcquireSpinLock(&locks->Spin, &irql);
    if (!Is("RESOURCE_FREED")) {
        ExDeleteResourceLite(&locks->Resource);
    }
    if (Is("HELD_FREED")) {
        ExFreePoolWithTag(locks, TAG); /* HELD_FREED */
    }
    KeReleaseSpinLock(&locks->Spin, irql);
    if (!Is("HELD_FREED")) {
        ExFreePoolWithTag(locks, TAG); /* RESOURCE_FREED */
    }
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    HANDLE handle;
    ULONG place;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    KeInitializeMutex(&Mutex, 0);
    if (!Is("FAST_UNINITIALIZED")) {
        ExInitializeFastMutex(&Fast);
    }
    ExInitializePushLock(&Push);
    ExInitializeResourceLite(&Resource); /* RESOURCE_LEFT */
    ExInitializeRundownProtection(&Rundown);
    RtlRunOnceInitialize(&Once);
    RtlRunOnceInitialize(&Twice);
    KeInitializeSpinLock(&Spin);
    FreeInUse();
    for (place = 0; place < THREADS; place++) {
        PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, Run, NULL);
        ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &Threads[place], NULL);
        ZwClose(handle);
    }
    return STATUS_SUCCESS;
}

VOID Unload(PDRIVER_OBJECT DriverObject)
{
    ULONG place;

    UNREFERENCED_PARAMETER(DriverObject);
    KeWaitForMultipleObjects(THREADS, Threads, WaitAll, Executive, KernelMode, FALSE, NULL, NULL);
    for (place = 0; place < THREADS; place++) {
        ObDereferenceObject(Threads[place]);
    }
    ExWaitForRundownProtectionRelease(&Rundown);
    NT_ASSERT(!ExAcquireRundownProtection(&Rundown));
    ExReInitializeRundownProtection(&Rundown);
    NT_ASSERT(ExAcquireRundownProtection(&Rundown));
    if (Is("RUNDOWN_USED")) {
        ExReInitializeRundownProtection(&Rundown); /* RUNDOWN_USED */
    } else {
        ExReleaseRundownProtection(&Rundown);
    }
    if (!Is("RESOURCE_LEFT")) {
        ExDeleteResourceLite(&Resource);
    }
    NT_ASSERT(Counts[0] == THREADS && Counts[1] == 2 * THREADS && Counts[2] == THREADS);
    NT_ASSERT(Counts[3] == THREADS && Counts[4] == THREADS && Counts[5] == THREADS && Initialised == 1);
}
