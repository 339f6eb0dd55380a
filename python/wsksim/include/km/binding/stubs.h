/*
 * stubs.h: the kernel's functions, each through its slot of the table.
 * Made by .ci/c_surface.py; do not edit.
 */

PIRP IoAllocateIrp(CCHAR StackSize, BOOLEAN ChargeQuota) { WSKSIM_CALLED(); return wsksim_imports.IoAllocateIrp(StackSize, ChargeQuota); }
VOID IoFreeIrp(PIRP Irp) { WSKSIM_CALLED(); wsksim_imports.IoFreeIrp(Irp); }
VOID IoReuseIrp(PIRP Irp, NTSTATUS Iostatus) { WSKSIM_CALLED(); wsksim_imports.IoReuseIrp(Irp, Iostatus); }
VOID IoSetCompletionRoutine(PIRP Irp, PIO_COMPLETION_ROUTINE CompletionRoutine, PVOID Context, BOOLEAN InvokeOnSuccess, BOOLEAN InvokeOnError, BOOLEAN InvokeOnCancel) { WSKSIM_CALLED(); wsksim_imports.IoSetCompletionRoutine(Irp, CompletionRoutine, Context, InvokeOnSuccess, InvokeOnError, InvokeOnCancel); }
NTSTATUS IoSetCompletionRoutineEx(PDEVICE_OBJECT DeviceObject, PIRP Irp, PIO_COMPLETION_ROUTINE CompletionRoutine, PVOID Context, BOOLEAN InvokeOnSuccess, BOOLEAN InvokeOnError, BOOLEAN InvokeOnCancel) { WSKSIM_CALLED(); return wsksim_imports.IoSetCompletionRoutineEx(DeviceObject, Irp, CompletionRoutine, Context, InvokeOnSuccess, InvokeOnError, InvokeOnCancel); }
BOOLEAN IoCancelIrp(PIRP Irp) { WSKSIM_CALLED(); return wsksim_imports.IoCancelIrp(Irp); }
VOID IoInitializeIrp(PIRP Irp, USHORT PacketSize, CCHAR StackSize) { WSKSIM_CALLED(); wsksim_imports.IoInitializeIrp(Irp, PacketSize, StackSize); }
VOID IoCompleteRequest(PIRP Irp, CCHAR PriorityBoost) { WSKSIM_CALLED(); wsksim_imports.IoCompleteRequest(Irp, PriorityBoost); }
VOID IoAcquireCancelSpinLock(PKIRQL Irql) { WSKSIM_CALLED(); wsksim_imports.IoAcquireCancelSpinLock(Irql); }
VOID IoReleaseCancelSpinLock(KIRQL Irql) { WSKSIM_CALLED(); wsksim_imports.IoReleaseCancelSpinLock(Irql); }
NTSTATUS IofCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp) { WSKSIM_CALLED(); return wsksim_imports.IofCallDriver(DeviceObject, Irp); }
PEPROCESS IoGetCurrentProcess(VOID) { WSKSIM_CALLED(); return wsksim_imports.IoGetCurrentProcess(); }
PMDL IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota, PIRP Irp) { WSKSIM_CALLED(); return wsksim_imports.IoAllocateMdl(VirtualAddress, Length, SecondaryBuffer, ChargeQuota, Irp); }
VOID IoFreeMdl(PMDL Mdl) { WSKSIM_CALLED(); wsksim_imports.IoFreeMdl(Mdl); }
VOID IoBuildPartialMdl(PMDL SourceMdl, PMDL TargetMdl, PVOID VirtualAddress, ULONG Length) { WSKSIM_CALLED(); wsksim_imports.IoBuildPartialMdl(SourceMdl, TargetMdl, VirtualAddress, Length); }
VOID MmBuildMdlForNonPagedPool(PMDL MemoryDescriptorList) { WSKSIM_CALLED(); wsksim_imports.MmBuildMdlForNonPagedPool(MemoryDescriptorList); }
VOID MmProbeAndLockPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation) { WSKSIM_CALLED(); NTSTATUS status = wsksim_imports.MmProbeAndLockPages(MemoryDescriptorList, AccessMode, Operation); if (!NT_SUCCESS(status)) ExRaiseStatus(status); }
VOID MmUnlockPages(PMDL MemoryDescriptorList) { WSKSIM_CALLED(); wsksim_imports.MmUnlockPages(MemoryDescriptorList); }
PVOID MmMapLockedPagesSpecifyCache(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode, MEMORY_CACHING_TYPE CacheType, PVOID RequestedAddress, ULONG BugCheckOnFailure, ULONG Priority) { WSKSIM_CALLED(); return wsksim_imports.MmMapLockedPagesSpecifyCache(MemoryDescriptorList, AccessMode, CacheType, RequestedAddress, BugCheckOnFailure, Priority); }
VOID MmUnmapLockedPages(PVOID BaseAddress, PMDL MemoryDescriptorList) { WSKSIM_CALLED(); wsksim_imports.MmUnmapLockedPages(BaseAddress, MemoryDescriptorList); }
SIZE_T MmSizeOfMdl(PVOID Base, SIZE_T Length) { WSKSIM_CALLED(); return wsksim_imports.MmSizeOfMdl(Base, Length); }
BOOLEAN MmIsAddressValid(PVOID VirtualAddress) { WSKSIM_CALLED(); return wsksim_imports.MmIsAddressValid(VirtualAddress); }
PVOID MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName) { WSKSIM_CALLED(); return wsksim_imports.MmGetSystemRoutineAddress(SystemRoutineName); }
VOID KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State) { WSKSIM_CALLED(); wsksim_imports.KeInitializeEvent(Event, Type, State); }
LONG KeSetEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait) { WSKSIM_CALLED(); return wsksim_imports.KeSetEvent(Event, Increment, Wait); }
VOID KeClearEvent(PRKEVENT Event) { WSKSIM_CALLED(); wsksim_imports.KeClearEvent(Event); }
LONG KeResetEvent(PRKEVENT Event) { WSKSIM_CALLED(); return wsksim_imports.KeResetEvent(Event); }
LONG KeReadStateEvent(PRKEVENT Event) { WSKSIM_CALLED(); return wsksim_imports.KeReadStateEvent(Event); }
NTSTATUS KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Timeout) { WSKSIM_CALLED(); return wsksim_imports.KeWaitForSingleObject(Object, WaitReason, WaitMode, Alertable, Timeout); }
NTSTATUS KeWaitForMultipleObjects(ULONG Count, PVOID *Object, WAIT_TYPE WaitType, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Timeout, PKWAIT_BLOCK WaitBlockArray) { WSKSIM_CALLED(); return wsksim_imports.KeWaitForMultipleObjects(Count, Object, WaitType, WaitReason, WaitMode, Alertable, Timeout, WaitBlockArray); }
NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Interval) { WSKSIM_CALLED(); return wsksim_imports.KeDelayExecutionThread(WaitMode, Alertable, Interval); }
VOID KeInitializeSemaphore(PRKSEMAPHORE Semaphore, LONG Count, LONG Limit) { WSKSIM_CALLED(); wsksim_imports.KeInitializeSemaphore(Semaphore, Count, Limit); }
LONG KeReleaseSemaphore(PRKSEMAPHORE Semaphore, KPRIORITY Increment, LONG Adjustment, BOOLEAN Wait) { WSKSIM_CALLED(); return wsksim_imports.KeReleaseSemaphore(Semaphore, Increment, Adjustment, Wait); }
LONG KeReadStateSemaphore(PRKSEMAPHORE Semaphore) { WSKSIM_CALLED(); return wsksim_imports.KeReadStateSemaphore(Semaphore); }
VOID KeInitializeMutex(PRKMUTEX Mutex, ULONG Level) { WSKSIM_CALLED(); wsksim_imports.KeInitializeMutex(Mutex, Level); }
LONG KeReleaseMutex(PRKMUTEX Mutex, BOOLEAN Wait) { WSKSIM_CALLED(); return wsksim_imports.KeReleaseMutex(Mutex, Wait); }
LONG KeReadStateMutex(PRKMUTEX Mutex) { WSKSIM_CALLED(); return wsksim_imports.KeReadStateMutex(Mutex); }
VOID KeInitializeSpinLock(PKSPIN_LOCK SpinLock) { WSKSIM_CALLED(); wsksim_imports.KeInitializeSpinLock(SpinLock); }
VOID KeAcquireSpinLock(PKSPIN_LOCK SpinLock, PKIRQL OldIrql) { WSKSIM_CALLED(); wsksim_imports.KeAcquireSpinLock(SpinLock, OldIrql); }
KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock) { WSKSIM_CALLED(); return wsksim_imports.KeAcquireSpinLockRaiseToDpc(SpinLock); }
VOID KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql) { WSKSIM_CALLED(); wsksim_imports.KeReleaseSpinLock(SpinLock, NewIrql); }
VOID KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock) { WSKSIM_CALLED(); wsksim_imports.KeAcquireSpinLockAtDpcLevel(SpinLock); }
VOID KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock) { WSKSIM_CALLED(); wsksim_imports.KeReleaseSpinLockFromDpcLevel(SpinLock); }
BOOLEAN KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock) { WSKSIM_CALLED(); return wsksim_imports.KeTryToAcquireSpinLockAtDpcLevel(SpinLock); }
VOID KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle) { WSKSIM_CALLED(); wsksim_imports.KeAcquireInStackQueuedSpinLock(SpinLock, LockHandle); }
VOID KeReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE LockHandle) { WSKSIM_CALLED(); wsksim_imports.KeReleaseInStackQueuedSpinLock(LockHandle); }
VOID KeAcquireInStackQueuedSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle) { WSKSIM_CALLED(); wsksim_imports.KeAcquireInStackQueuedSpinLockAtDpcLevel(SpinLock, LockHandle); }
VOID KeReleaseInStackQueuedSpinLockFromDpcLevel(PKLOCK_QUEUE_HANDLE LockHandle) { WSKSIM_CALLED(); wsksim_imports.KeReleaseInStackQueuedSpinLockFromDpcLevel(LockHandle); }
KIRQL KeGetCurrentIrql(VOID) { WSKSIM_CALLED(); return wsksim_imports.KeGetCurrentIrql(); }
VOID KeRaiseIrql(KIRQL NewIrql, PKIRQL OldIrql) { WSKSIM_CALLED(); wsksim_imports.KeRaiseIrql(NewIrql, OldIrql); }
VOID KeLowerIrql(KIRQL NewIrql) { WSKSIM_CALLED(); wsksim_imports.KeLowerIrql(NewIrql); }
PKTHREAD KeGetCurrentThread(VOID) { WSKSIM_CALLED(); return wsksim_imports.KeGetCurrentThread(); }
HANDLE PsGetCurrentProcessId(VOID) { WSKSIM_CALLED(); return wsksim_imports.PsGetCurrentProcessId(); }
HANDLE PsGetCurrentThreadId(VOID) { WSKSIM_CALLED(); return wsksim_imports.PsGetCurrentThreadId(); }
KPRIORITY KeSetPriorityThread(PKTHREAD Thread, KPRIORITY Priority) { WSKSIM_CALLED(); return wsksim_imports.KeSetPriorityThread(Thread, Priority); }
LONG KeSetBasePriorityThread(PKTHREAD Thread, LONG Increment) { WSKSIM_CALLED(); return wsksim_imports.KeSetBasePriorityThread(Thread, Increment); }
VOID KeEnterCriticalRegion(VOID) { WSKSIM_CALLED(); wsksim_imports.KeEnterCriticalRegion(); }
VOID KeLeaveCriticalRegion(VOID) { WSKSIM_CALLED(); wsksim_imports.KeLeaveCriticalRegion(); }
BOOLEAN KeAreApcsDisabled(VOID) { WSKSIM_CALLED(); return wsksim_imports.KeAreApcsDisabled(); }
NTSTATUS PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle, PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine, PVOID StartContext) { WSKSIM_CALLED(); return wsksim_imports.PsCreateSystemThread(ThreadHandle, DesiredAccess, ObjectAttributes, ProcessHandle, ClientId, StartRoutine, StartContext); }
NTSTATUS PsTerminateSystemThread(NTSTATUS ExitStatus) { WSKSIM_CALLED(); return wsksim_imports.PsTerminateSystemThread(ExitStatus); }
NTSTATUS ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode, PVOID *Object, POBJECT_HANDLE_INFORMATION HandleInformation) { WSKSIM_CALLED(); return wsksim_imports.ObReferenceObjectByHandle(Handle, DesiredAccess, ObjectType, AccessMode, Object, HandleInformation); }
LONG_PTR ObfReferenceObject(PVOID Object) { WSKSIM_CALLED(); return wsksim_imports.ObfReferenceObject(Object); }
LONG_PTR ObfDereferenceObject(PVOID Object) { WSKSIM_CALLED(); return wsksim_imports.ObfDereferenceObject(Object); }
NTSTATUS ZwClose(HANDLE Handle) { WSKSIM_CALLED(); return wsksim_imports.ZwClose(Handle); }
NTSTATUS ZwWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout) { WSKSIM_CALLED(); return wsksim_imports.ZwWaitForSingleObject(Handle, Alertable, Timeout); }
PVOID ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes) { WSKSIM_CALLED(); return wsksim_imports.ExAllocatePool(PoolType, NumberOfBytes); }
PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) { WSKSIM_CALLED(); return wsksim_imports.ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag); }
PVOID ExAllocatePoolWithQuotaTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) { WSKSIM_CALLED(); return wsksim_imports.ExAllocatePoolWithQuotaTag(PoolType, NumberOfBytes, Tag); }
PVOID ExAllocatePoolZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) { WSKSIM_CALLED(); return wsksim_imports.ExAllocatePoolZero(PoolType, NumberOfBytes, Tag); }
PVOID ExAllocatePoolUninitialized(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) { WSKSIM_CALLED(); return wsksim_imports.ExAllocatePoolUninitialized(PoolType, NumberOfBytes, Tag); }
PVOID ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag) { WSKSIM_CALLED(); return wsksim_imports.ExAllocatePool2(Flags, NumberOfBytes, Tag); }
VOID ExFreePool(PVOID P) { WSKSIM_CALLED(); wsksim_imports.ExFreePool(P); }
VOID ExFreePoolWithTag(PVOID P, ULONG Tag) { WSKSIM_CALLED(); wsksim_imports.ExFreePoolWithTag(P, Tag); }
VOID ExFreePool2(PVOID P, ULONG Tag, PCPOOL_EXTENDED_PARAMETER ExtendedParameters, ULONG ExtendedParametersCount) { WSKSIM_CALLED(); wsksim_imports.ExFreePool2(P, Tag, ExtendedParameters, ExtendedParametersCount); }
VOID ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free, ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth) { WSKSIM_CALLED(); wsksim_imports.ExInitializeNPagedLookasideList(Lookaside, Allocate, Free, Flags, Size, Tag, Depth); }
VOID ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside) { WSKSIM_CALLED(); wsksim_imports.ExDeleteNPagedLookasideList(Lookaside); }
PVOID ExAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside) { WSKSIM_CALLED(); return wsksim_imports.ExAllocateFromNPagedLookasideList(Lookaside); }
VOID ExFreeToNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry) { WSKSIM_CALLED(); wsksim_imports.ExFreeToNPagedLookasideList(Lookaside, Entry); }
NTSTATUS ExInitializeLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PALLOCATE_FUNCTION_EX Allocate, PFREE_FUNCTION_EX Free, POOL_TYPE PoolType, ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth) { WSKSIM_CALLED(); return wsksim_imports.ExInitializeLookasideListEx(Lookaside, Allocate, Free, PoolType, Flags, Size, Tag, Depth); }
VOID ExDeleteLookasideListEx(PLOOKASIDE_LIST_EX Lookaside) { WSKSIM_CALLED(); wsksim_imports.ExDeleteLookasideListEx(Lookaside); }
PVOID ExAllocateFromLookasideListEx(PLOOKASIDE_LIST_EX Lookaside) { WSKSIM_CALLED(); return wsksim_imports.ExAllocateFromLookasideListEx(Lookaside); }
VOID ExFreeToLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PVOID Entry) { WSKSIM_CALLED(); wsksim_imports.ExFreeToLookasideListEx(Lookaside, Entry); }
VOID ExInitializeFastMutex(PFAST_MUTEX FastMutex) { WSKSIM_CALLED(); wsksim_imports.ExInitializeFastMutex(FastMutex); }
VOID ExAcquireFastMutex(PFAST_MUTEX FastMutex) { WSKSIM_CALLED(); wsksim_imports.ExAcquireFastMutex(FastMutex); }
BOOLEAN ExTryToAcquireFastMutex(PFAST_MUTEX FastMutex) { WSKSIM_CALLED(); return wsksim_imports.ExTryToAcquireFastMutex(FastMutex); }
VOID ExReleaseFastMutex(PFAST_MUTEX FastMutex) { WSKSIM_CALLED(); wsksim_imports.ExReleaseFastMutex(FastMutex); }
VOID ExAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex) { WSKSIM_CALLED(); wsksim_imports.ExAcquireFastMutexUnsafe(FastMutex); }
VOID ExReleaseFastMutexUnsafe(PFAST_MUTEX FastMutex) { WSKSIM_CALLED(); wsksim_imports.ExReleaseFastMutexUnsafe(FastMutex); }
VOID ExInitializePushLock(PEX_PUSH_LOCK PushLock) { WSKSIM_CALLED(); wsksim_imports.ExInitializePushLock(PushLock); }
VOID ExAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags) { WSKSIM_CALLED(); wsksim_imports.ExAcquirePushLockExclusiveEx(PushLock, Flags); }
VOID ExAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags) { WSKSIM_CALLED(); wsksim_imports.ExAcquirePushLockSharedEx(PushLock, Flags); }
VOID ExReleasePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags) { WSKSIM_CALLED(); wsksim_imports.ExReleasePushLockExclusiveEx(PushLock, Flags); }
VOID ExReleasePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags) { WSKSIM_CALLED(); wsksim_imports.ExReleasePushLockSharedEx(PushLock, Flags); }
KIRQL ExAcquireSpinLockExclusive(PEX_SPIN_LOCK SpinLock) { WSKSIM_CALLED(); return wsksim_imports.ExAcquireSpinLockExclusive(SpinLock); }
VOID ExReleaseSpinLockExclusive(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql) { WSKSIM_CALLED(); wsksim_imports.ExReleaseSpinLockExclusive(SpinLock, OldIrql); }
KIRQL ExAcquireSpinLockShared(PEX_SPIN_LOCK SpinLock) { WSKSIM_CALLED(); return wsksim_imports.ExAcquireSpinLockShared(SpinLock); }
VOID ExReleaseSpinLockShared(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql) { WSKSIM_CALLED(); wsksim_imports.ExReleaseSpinLockShared(SpinLock, OldIrql); }
NTSTATUS ExInitializeResourceLite(PERESOURCE Resource) { WSKSIM_CALLED(); return wsksim_imports.ExInitializeResourceLite(Resource); }
NTSTATUS ExDeleteResourceLite(PERESOURCE Resource) { WSKSIM_CALLED(); return wsksim_imports.ExDeleteResourceLite(Resource); }
BOOLEAN ExAcquireResourceExclusiveLite(PERESOURCE Resource, BOOLEAN Wait) { WSKSIM_CALLED(); return wsksim_imports.ExAcquireResourceExclusiveLite(Resource, Wait); }
BOOLEAN ExAcquireResourceSharedLite(PERESOURCE Resource, BOOLEAN Wait) { WSKSIM_CALLED(); return wsksim_imports.ExAcquireResourceSharedLite(Resource, Wait); }
VOID ExReleaseResourceLite(PERESOURCE Resource) { WSKSIM_CALLED(); wsksim_imports.ExReleaseResourceLite(Resource); }
VOID ExInitializeRundownProtection(PEX_RUNDOWN_REF RunRef) { WSKSIM_CALLED(); wsksim_imports.ExInitializeRundownProtection(RunRef); }
BOOLEAN ExAcquireRundownProtection(PEX_RUNDOWN_REF RunRef) { WSKSIM_CALLED(); return wsksim_imports.ExAcquireRundownProtection(RunRef); }
VOID ExReleaseRundownProtection(PEX_RUNDOWN_REF RunRef) { WSKSIM_CALLED(); wsksim_imports.ExReleaseRundownProtection(RunRef); }
VOID ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF RunRef) { WSKSIM_CALLED(); wsksim_imports.ExWaitForRundownProtectionRelease(RunRef); }
VOID ExRundownCompleted(PEX_RUNDOWN_REF RunRef) { WSKSIM_CALLED(); wsksim_imports.ExRundownCompleted(RunRef); }
VOID ExReInitializeRundownProtection(PEX_RUNDOWN_REF RunRef) { WSKSIM_CALLED(); wsksim_imports.ExReInitializeRundownProtection(RunRef); }
VOID InitializeSListHead(PSLIST_HEADER SListHead) { WSKSIM_CALLED(); wsksim_imports.InitializeSListHead(SListHead); }
PSLIST_ENTRY InterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry) { WSKSIM_CALLED(); return wsksim_imports.InterlockedPushEntrySList(ListHead, ListEntry); }
PSLIST_ENTRY InterlockedPopEntrySList(PSLIST_HEADER ListHead) { WSKSIM_CALLED(); return wsksim_imports.InterlockedPopEntrySList(ListHead); }
PSLIST_ENTRY ExInterlockedFlushSList(PSLIST_HEADER ListHead) { WSKSIM_CALLED(); return wsksim_imports.ExInterlockedFlushSList(ListHead); }
USHORT ExQueryDepthSList(PSLIST_HEADER SListHead) { WSKSIM_CALLED(); return wsksim_imports.ExQueryDepthSList(SListHead); }
PLIST_ENTRY ExInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock) { WSKSIM_CALLED(); return wsksim_imports.ExInterlockedInsertHeadList(ListHead, ListEntry, Lock); }
PLIST_ENTRY ExInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock) { WSKSIM_CALLED(); return wsksim_imports.ExInterlockedInsertTailList(ListHead, ListEntry, Lock); }
PLIST_ENTRY ExInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PKSPIN_LOCK Lock) { WSKSIM_CALLED(); return wsksim_imports.ExInterlockedRemoveHeadList(ListHead, Lock); }
VOID RtlRunOnceInitialize(PRTL_RUN_ONCE RunOnce) { WSKSIM_CALLED(); wsksim_imports.RtlRunOnceInitialize(RunOnce); }
NTSTATUS RtlRunOnceExecuteOnce(PRTL_RUN_ONCE RunOnce, PRTL_RUN_ONCE_INIT_FN InitFn, PVOID Parameter, PVOID *Context) { WSKSIM_CALLED(); return wsksim_imports.RtlRunOnceExecuteOnce(RunOnce, InitFn, Parameter, Context); }
NTSTATUS RtlRunOnceBeginInitialize(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID *Context) { WSKSIM_CALLED(); return wsksim_imports.RtlRunOnceBeginInitialize(RunOnce, Flags, Context); }
NTSTATUS RtlRunOnceComplete(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID Context) { WSKSIM_CALLED(); return wsksim_imports.RtlRunOnceComplete(RunOnce, Flags, Context); }
VOID RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString) { WSKSIM_CALLED(); wsksim_imports.RtlInitUnicodeString(DestinationString, SourceString); }
VOID RtlInitAnsiString(PANSI_STRING DestinationString, PCSZ SourceString) { WSKSIM_CALLED(); wsksim_imports.RtlInitAnsiString(DestinationString, SourceString); }
VOID RtlInitString(PSTRING DestinationString, PCSZ SourceString) { WSKSIM_CALLED(); wsksim_imports.RtlInitString(DestinationString, SourceString); }
VOID RtlCopyUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString) { WSKSIM_CALLED(); wsksim_imports.RtlCopyUnicodeString(DestinationString, SourceString); }
LONG RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive) { WSKSIM_CALLED(); return wsksim_imports.RtlCompareUnicodeString(String1, String2, CaseInSensitive); }
BOOLEAN RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive) { WSKSIM_CALLED(); return wsksim_imports.RtlEqualUnicodeString(String1, String2, CaseInSensitive); }
NTSTATUS RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source) { WSKSIM_CALLED(); return wsksim_imports.RtlAppendUnicodeToString(Destination, Source); }
NTSTATUS RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source) { WSKSIM_CALLED(); return wsksim_imports.RtlAppendUnicodeStringToString(Destination, Source); }
VOID RtlFreeUnicodeString(PUNICODE_STRING UnicodeString) { WSKSIM_CALLED(); wsksim_imports.RtlFreeUnicodeString(UnicodeString); }
VOID RtlFreeAnsiString(PANSI_STRING AnsiString) { WSKSIM_CALLED(); wsksim_imports.RtlFreeAnsiString(AnsiString); }
NTSTATUS RtlAnsiStringToUnicodeString(PUNICODE_STRING DestinationString, PCANSI_STRING SourceString, BOOLEAN AllocateDestinationString) { WSKSIM_CALLED(); return wsksim_imports.RtlAnsiStringToUnicodeString(DestinationString, SourceString, AllocateDestinationString); }
NTSTATUS RtlUnicodeStringToAnsiString(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString, BOOLEAN AllocateDestinationString) { WSKSIM_CALLED(); return wsksim_imports.RtlUnicodeStringToAnsiString(DestinationString, SourceString, AllocateDestinationString); }
NTSTATUS RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String) { WSKSIM_CALLED(); return wsksim_imports.RtlIntegerToUnicodeString(Value, Base, String); }
NTSTATUS RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value) { WSKSIM_CALLED(); return wsksim_imports.RtlUnicodeStringToInteger(String, Base, Value); }
ULONG RtlRandomEx(PULONG Seed) { WSKSIM_CALLED(); return wsksim_imports.RtlRandomEx(Seed); }
NTSTATUS RtlGetVersion(PRTL_OSVERSIONINFOW VersionInformation) { WSKSIM_CALLED(); return wsksim_imports.RtlGetVersion(VersionInformation); }
VOID KeBugCheck(ULONG BugCheckCode) { WSKSIM_CALLED(); for (;;) wsksim_imports.KeBugCheck(BugCheckCode); }
VOID KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1, ULONG_PTR BugCheckParameter2, ULONG_PTR BugCheckParameter3, ULONG_PTR BugCheckParameter4) { WSKSIM_CALLED(); for (;;) wsksim_imports.KeBugCheckEx(BugCheckCode, BugCheckParameter1, BugCheckParameter2, BugCheckParameter3, BugCheckParameter4); }
VOID ProbeForRead(const volatile VOID *Address, SIZE_T Length, ULONG Alignment) { WSKSIM_CALLED(); NTSTATUS status = wsksim_imports.ProbeForRead(Address, Length, Alignment); if (!NT_SUCCESS(status)) ExRaiseStatus(status); }
VOID ProbeForWrite(volatile VOID *Address, SIZE_T Length, ULONG Alignment) { WSKSIM_CALLED(); NTSTATUS status = wsksim_imports.ProbeForWrite(Address, Length, Alignment); if (!NT_SUCCESS(status)) ExRaiseStatus(status); }
VOID KeQuerySystemTime(PLARGE_INTEGER CurrentTime) { WSKSIM_CALLED(); wsksim_imports.KeQuerySystemTime(CurrentTime); }
VOID KeQuerySystemTimePrecise(PLARGE_INTEGER CurrentTime) { WSKSIM_CALLED(); wsksim_imports.KeQuerySystemTimePrecise(CurrentTime); }
ULONGLONG KeQueryInterruptTime(VOID) { WSKSIM_CALLED(); return wsksim_imports.KeQueryInterruptTime(); }
VOID KeQueryTickCount(PLARGE_INTEGER CurrentCount) { WSKSIM_CALLED(); wsksim_imports.KeQueryTickCount(CurrentCount); }
ULONG KeQueryTimeIncrement(VOID) { WSKSIM_CALLED(); return wsksim_imports.KeQueryTimeIncrement(); }
LARGE_INTEGER KeQueryPerformanceCounter(PLARGE_INTEGER PerformanceFrequency) { WSKSIM_CALLED(); return wsksim_imports.KeQueryPerformanceCounter(PerformanceFrequency); }
VOID KeStallExecutionProcessor(ULONG MicroSeconds) { WSKSIM_CALLED(); wsksim_imports.KeStallExecutionProcessor(MicroSeconds); }
ULONG KeQueryActiveProcessorCount(PKAFFINITY ActiveProcessors) { WSKSIM_CALLED(); return wsksim_imports.KeQueryActiveProcessorCount(ActiveProcessors); }
ULONG KeQueryActiveProcessorCountEx(USHORT GroupNumber) { WSKSIM_CALLED(); return wsksim_imports.KeQueryActiveProcessorCountEx(GroupNumber); }
ULONG KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER ProcNumber) { WSKSIM_CALLED(); return wsksim_imports.KeGetCurrentProcessorNumberEx(ProcNumber); }
VOID KeInitializeTimer(PKTIMER Timer) { WSKSIM_CALLED(); wsksim_imports.KeInitializeTimer(Timer); }
VOID KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type) { WSKSIM_CALLED(); wsksim_imports.KeInitializeTimerEx(Timer, Type); }
BOOLEAN KeSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, PKDPC Dpc) { WSKSIM_CALLED(); return wsksim_imports.KeSetTimer(Timer, DueTime, Dpc); }
BOOLEAN KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc) { WSKSIM_CALLED(); return wsksim_imports.KeSetTimerEx(Timer, DueTime, Period, Dpc); }
BOOLEAN KeSetCoalescableTimer(PKTIMER Timer, LARGE_INTEGER DueTime, ULONG Period, ULONG TolerableDelay, PKDPC Dpc) { WSKSIM_CALLED(); return wsksim_imports.KeSetCoalescableTimer(Timer, DueTime, Period, TolerableDelay, Dpc); }
BOOLEAN KeCancelTimer(PKTIMER Timer) { WSKSIM_CALLED(); return wsksim_imports.KeCancelTimer(Timer); }
BOOLEAN KeReadStateTimer(PKTIMER Timer) { WSKSIM_CALLED(); return wsksim_imports.KeReadStateTimer(Timer); }
VOID KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext) { WSKSIM_CALLED(); wsksim_imports.KeInitializeDpc(Dpc, DeferredRoutine, DeferredContext); }
BOOLEAN KeInsertQueueDpc(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2) { WSKSIM_CALLED(); return wsksim_imports.KeInsertQueueDpc(Dpc, SystemArgument1, SystemArgument2); }
BOOLEAN KeRemoveQueueDpc(PRKDPC Dpc) { WSKSIM_CALLED(); return wsksim_imports.KeRemoveQueueDpc(Dpc); }
VOID KeFlushQueuedDpcs(VOID) { WSKSIM_CALLED(); wsksim_imports.KeFlushQueuedDpcs(); }
PIO_WORKITEM IoAllocateWorkItem(PDEVICE_OBJECT DeviceObject) { WSKSIM_CALLED(); return wsksim_imports.IoAllocateWorkItem(DeviceObject); }
VOID IoFreeWorkItem(PIO_WORKITEM IoWorkItem) { WSKSIM_CALLED(); wsksim_imports.IoFreeWorkItem(IoWorkItem); }
VOID IoQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE WorkerRoutine, WORK_QUEUE_TYPE QueueType, PVOID Context) { WSKSIM_CALLED(); wsksim_imports.IoQueueWorkItem(IoWorkItem, WorkerRoutine, QueueType, Context); }
VOID IoQueueWorkItemEx(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine, WORK_QUEUE_TYPE QueueType, PVOID Context) { WSKSIM_CALLED(); wsksim_imports.IoQueueWorkItemEx(IoWorkItem, WorkerRoutine, QueueType, Context); }
VOID IoInitializeWorkItem(PVOID IoObject, PIO_WORKITEM IoWorkItem) { WSKSIM_CALLED(); wsksim_imports.IoInitializeWorkItem(IoObject, IoWorkItem); }
VOID IoUninitializeWorkItem(PIO_WORKITEM IoWorkItem) { WSKSIM_CALLED(); wsksim_imports.IoUninitializeWorkItem(IoWorkItem); }
ULONG IoSizeofWorkItem(VOID) { WSKSIM_CALLED(); return wsksim_imports.IoSizeofWorkItem(); }
VOID ExQueueWorkItem(PWORK_QUEUE_ITEM WorkItem, WORK_QUEUE_TYPE QueueType) { WSKSIM_CALLED(); wsksim_imports.ExQueueWorkItem(WorkItem, QueueType); }
NTSTATUS IoCreateDevice(PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize, PUNICODE_STRING DeviceName, DEVICE_TYPE DeviceType, ULONG DeviceCharacteristics, BOOLEAN Exclusive, PDEVICE_OBJECT *DeviceObject) { WSKSIM_CALLED(); return wsksim_imports.IoCreateDevice(DriverObject, DeviceExtensionSize, DeviceName, DeviceType, DeviceCharacteristics, Exclusive, DeviceObject); }
VOID IoDeleteDevice(PDEVICE_OBJECT DeviceObject) { WSKSIM_CALLED(); wsksim_imports.IoDeleteDevice(DeviceObject); }
NTSTATUS IoCreateSymbolicLink(PUNICODE_STRING SymbolicLinkName, PUNICODE_STRING DeviceName) { WSKSIM_CALLED(); return wsksim_imports.IoCreateSymbolicLink(SymbolicLinkName, DeviceName); }
NTSTATUS IoDeleteSymbolicLink(PUNICODE_STRING SymbolicLinkName) { WSKSIM_CALLED(); return wsksim_imports.IoDeleteSymbolicLink(SymbolicLinkName); }
NTSTATUS IoRegisterShutdownNotification(PDEVICE_OBJECT DeviceObject) { WSKSIM_CALLED(); return wsksim_imports.IoRegisterShutdownNotification(DeviceObject); }
VOID IoUnregisterShutdownNotification(PDEVICE_OBJECT DeviceObject) { WSKSIM_CALLED(); wsksim_imports.IoUnregisterShutdownNotification(DeviceObject); }
PGENERIC_MAPPING IoGetFileObjectGenericMapping(VOID) { WSKSIM_CALLED(); return wsksim_imports.IoGetFileObjectGenericMapping(); }
VOID SeCaptureSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext) { WSKSIM_CALLED(); wsksim_imports.SeCaptureSubjectContext(SubjectContext); }
VOID SeReleaseSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext) { WSKSIM_CALLED(); wsksim_imports.SeReleaseSubjectContext(SubjectContext); }
NTSTATUS SeAssignSecurity(PSECURITY_DESCRIPTOR ParentDescriptor, PSECURITY_DESCRIPTOR ExplicitDescriptor, PSECURITY_DESCRIPTOR *NewDescriptor, BOOLEAN IsDirectoryObject, PSECURITY_SUBJECT_CONTEXT SubjectContext, PGENERIC_MAPPING GenericMapping, POOL_TYPE PoolType) { WSKSIM_CALLED(); return wsksim_imports.SeAssignSecurity(ParentDescriptor, ExplicitDescriptor, NewDescriptor, IsDirectoryObject, SubjectContext, GenericMapping, PoolType); }
NTSTATUS SeDeassignSecurity(PSECURITY_DESCRIPTOR *SecurityDescriptor) { WSKSIM_CALLED(); return wsksim_imports.SeDeassignSecurity(SecurityDescriptor); }
NTSTATUS BCryptOpenAlgorithmProvider(BCRYPT_ALG_HANDLE *phAlgorithm, PCWSTR pszAlgId, PCWSTR pszImplementation, ULONG dwFlags) { WSKSIM_CALLED(); return wsksim_imports.BCryptOpenAlgorithmProvider(phAlgorithm, pszAlgId, pszImplementation, dwFlags); }
NTSTATUS BCryptCloseAlgorithmProvider(BCRYPT_ALG_HANDLE hAlgorithm, ULONG dwFlags) { WSKSIM_CALLED(); return wsksim_imports.BCryptCloseAlgorithmProvider(hAlgorithm, dwFlags); }
NTSTATUS BCryptGetProperty(BCRYPT_HANDLE hObject, PCWSTR pszProperty, PUCHAR pbOutput, ULONG cbOutput, ULONG *pcbResult, ULONG dwFlags) { WSKSIM_CALLED(); return wsksim_imports.BCryptGetProperty(hObject, pszProperty, pbOutput, cbOutput, pcbResult, dwFlags); }
NTSTATUS BCryptCreateHash(BCRYPT_ALG_HANDLE hAlgorithm, BCRYPT_HASH_HANDLE *phHash, PUCHAR pbHashObject, ULONG cbHashObject, PUCHAR pbSecret, ULONG cbSecret, ULONG dwFlags) { WSKSIM_CALLED(); return wsksim_imports.BCryptCreateHash(hAlgorithm, phHash, pbHashObject, cbHashObject, pbSecret, cbSecret, dwFlags); }
NTSTATUS BCryptHashData(BCRYPT_HASH_HANDLE hHash, PUCHAR pbInput, ULONG cbInput, ULONG dwFlags) { WSKSIM_CALLED(); return wsksim_imports.BCryptHashData(hHash, pbInput, cbInput, dwFlags); }
NTSTATUS BCryptFinishHash(BCRYPT_HASH_HANDLE hHash, PUCHAR pbOutput, ULONG cbOutput, ULONG dwFlags) { WSKSIM_CALLED(); return wsksim_imports.BCryptFinishHash(hHash, pbOutput, cbOutput, dwFlags); }
NTSTATUS BCryptDestroyHash(BCRYPT_HASH_HANDLE hHash) { WSKSIM_CALLED(); return wsksim_imports.BCryptDestroyHash(hHash); }
NTSTATUS BCryptGenRandom(BCRYPT_ALG_HANDLE hAlgorithm, PUCHAR pbBuffer, ULONG cbBuffer, ULONG dwFlags) { WSKSIM_CALLED(); return wsksim_imports.BCryptGenRandom(hAlgorithm, pbBuffer, cbBuffer, dwFlags); }
NTSTATUS WskRegister(PWSK_CLIENT_NPI WskClientNpi, PWSK_REGISTRATION WskRegistration) { WSKSIM_CALLED(); return wsksim_imports.WskRegister(WskClientNpi, WskRegistration); }
VOID WskDeregister(PWSK_REGISTRATION WskRegistration) { WSKSIM_CALLED(); wsksim_imports.WskDeregister(WskRegistration); }
NTSTATUS WskCaptureProviderNPI(PWSK_REGISTRATION WskRegistration, ULONG WaitTimeout, PWSK_PROVIDER_NPI WskProviderNpi) { WSKSIM_CALLED(); return wsksim_imports.WskCaptureProviderNPI(WskRegistration, WaitTimeout, WskProviderNpi); }
VOID WskReleaseProviderNPI(PWSK_REGISTRATION WskRegistration) { WSKSIM_CALLED(); wsksim_imports.WskReleaseProviderNPI(WskRegistration); }
NTSTATUS WskQueryProviderCharacteristics(PWSK_REGISTRATION WskRegistration, PWSK_PROVIDER_CHARACTERISTICS WskProviderCharacteristics) { WSKSIM_CALLED(); return wsksim_imports.WskQueryProviderCharacteristics(WskRegistration, WskProviderCharacteristics); }
VOID wsksim_print_text(ULONG ComponentId, ULONG Level, PCSTR Text, SIZE_T Length) { WSKSIM_CALLED(); wsksim_imports.wsksim_print_text(ComponentId, Level, Text, Length); }
PVOID * wsksim_frames(VOID) { WSKSIM_CALLED(); return wsksim_imports.wsksim_frames(); }
VOID wsksim_assertion_failed(PCSTR Condition, PCSTR File, ULONG Line) { WSKSIM_CALLED(); wsksim_imports.wsksim_assertion_failed(Condition, File, Line); }
VOID wsksim_paged_code(PCSTR File, ULONG Line) { WSKSIM_CALLED(); wsksim_imports.wsksim_paged_code(File, Line); }

static NTSTATUS wsksim_WskSocket(PWSK_CLIENT Client, ADDRESS_FAMILY AddressFamily, USHORT SocketType, ULONG Protocol, ULONG Flags, PVOID SocketContext, const VOID *Dispatch, PEPROCESS OwningProcess, PETHREAD OwningThread, PSECURITY_DESCRIPTOR SecurityDescriptor, PIRP Irp) { WSKSIM_CALLED(); return wsksim_imports.WskSocket(Client, AddressFamily, SocketType, Protocol, Flags, SocketContext, Dispatch, OwningProcess, OwningThread, SecurityDescriptor, Irp); }
static NTSTATUS wsksim_WskSocketConnect(PWSK_CLIENT Client, USHORT SocketType, ULONG Protocol, PSOCKADDR LocalAddress, PSOCKADDR RemoteAddress, ULONG Flags, PVOID SocketContext, const WSK_CLIENT_CONNECTION_DISPATCH *Dispatch, PEPROCESS OwningProcess, PETHREAD OwningThread, PSECURITY_DESCRIPTOR SecurityDescriptor, PIRP Irp) { WSKSIM_CALLED(); return wsksim_imports.WskSocketConnect(Client, SocketType, Protocol, LocalAddress, RemoteAddress, Flags, SocketContext, Dispatch, OwningProcess, OwningThread, SecurityDescriptor, Irp); }
static NTSTATUS wsksim_WskControlClient(PWSK_CLIENT Client, ULONG ControlCode, SIZE_T InputSize, PVOID InputBuffer, SIZE_T OutputSize, PVOID OutputBuffer, SIZE_T *OutputSizeReturned, PIRP Irp) { WSKSIM_CALLED(); return wsksim_imports.WskControlClient(Client, ControlCode, InputSize, InputBuffer, OutputSize, OutputBuffer, OutputSizeReturned, Irp); }
static NTSTATUS wsksim_WskGetAddressInfo(PWSK_CLIENT Client, PUNICODE_STRING NodeName, PUNICODE_STRING ServiceName, ULONG NameSpace, GUID *Provider, PADDRINFOEXW Hints, PADDRINFOEXW *Result, PEPROCESS OwningProcess, PETHREAD OwningThread, PIRP Irp) { WSKSIM_CALLED(); return wsksim_imports.WskGetAddressInfo(Client, NodeName, ServiceName, NameSpace, Provider, Hints, Result, OwningProcess, OwningThread, Irp); }
static VOID wsksim_WskFreeAddressInfo(PWSK_CLIENT Client, PADDRINFOEXW AddrInfo) { WSKSIM_CALLED(); wsksim_imports.WskFreeAddressInfo(Client, AddrInfo); }
static NTSTATUS wsksim_WskGetNameInfo(PWSK_CLIENT Client, PSOCKADDR SockAddr, ULONG SockAddrLength, PUNICODE_STRING NodeName, PUNICODE_STRING ServiceName, ULONG Flags, PEPROCESS OwningProcess, PETHREAD OwningThread, PIRP Irp) { WSKSIM_CALLED(); return wsksim_imports.WskGetNameInfo(Client, SockAddr, SockAddrLength, NodeName, ServiceName, Flags, OwningProcess, OwningThread, Irp); }
static NTSTATUS wsksim_WskControlSocket(PWSK_SOCKET Socket, WSK_CONTROL_SOCKET_TYPE RequestType, ULONG ControlCode, ULONG Level, SIZE_T InputSize, PVOID InputBuffer, SIZE_T OutputSize, PVOID OutputBuffer, SIZE_T *OutputSizeReturned, PIRP Irp) { WSKSIM_CALLED(); return wsksim_imports.WskControlSocket(Socket, RequestType, ControlCode, Level, InputSize, InputBuffer, OutputSize, OutputBuffer, OutputSizeReturned, Irp); }
static NTSTATUS wsksim_WskCloseSocket(PWSK_SOCKET Socket, PIRP Irp) { WSKSIM_CALLED(); return wsksim_imports.WskCloseSocket(Socket, Irp); }
static NTSTATUS wsksim_WskBind(PWSK_SOCKET Socket, PSOCKADDR LocalAddress, ULONG Flags, PIRP Irp) { WSKSIM_CALLED(); return wsksim_imports.WskBind(Socket, LocalAddress, Flags, Irp); }
static NTSTATUS wsksim_WskListen(PWSK_SOCKET ListenSocket, PIRP Irp) { WSKSIM_CALLED(); return wsksim_imports.WskListen(ListenSocket, Irp); }
static NTSTATUS wsksim_WskConnect(PWSK_SOCKET Socket, PSOCKADDR RemoteAddress, ULONG Flags, PIRP Irp) { WSKSIM_CALLED(); return wsksim_imports.WskConnect(Socket, RemoteAddress, Flags, Irp); }
static NTSTATUS wsksim_WskConnectEx(PWSK_SOCKET Socket, PSOCKADDR RemoteAddress, PWSK_BUF Buffer, ULONG Flags, PIRP Irp) { WSKSIM_CALLED(); return wsksim_imports.WskConnectEx(Socket, RemoteAddress, Buffer, Flags, Irp); }
static NTSTATUS wsksim_WskAccept(PWSK_SOCKET ListenSocket, ULONG Flags, PVOID AcceptSocketContext, const WSK_CLIENT_CONNECTION_DISPATCH *AcceptSocketDispatch, PSOCKADDR LocalAddress, PSOCKADDR RemoteAddress, PIRP Irp) { WSKSIM_CALLED(); return wsksim_imports.WskAccept(ListenSocket, Flags, AcceptSocketContext, AcceptSocketDispatch, LocalAddress, RemoteAddress, Irp); }
static NTSTATUS wsksim_WskInspectComplete(PWSK_SOCKET ListenSocket, PWSK_INSPECT_ID InspectID, WSK_INSPECT_ACTION Action, PIRP Irp) { WSKSIM_CALLED(); return wsksim_imports.WskInspectComplete(ListenSocket, InspectID, Action, Irp); }
static NTSTATUS wsksim_WskDisconnect(PWSK_SOCKET Socket, PWSK_BUF Buffer, ULONG Flags, PIRP Irp) { WSKSIM_CALLED(); return wsksim_imports.WskDisconnect(Socket, Buffer, Flags, Irp); }
static NTSTATUS wsksim_WskGetLocalAddress(PWSK_SOCKET Socket, PSOCKADDR LocalAddress, PIRP Irp) { WSKSIM_CALLED(); return wsksim_imports.WskGetLocalAddress(Socket, LocalAddress, Irp); }
static NTSTATUS wsksim_WskGetRemoteAddress(PWSK_SOCKET Socket, PSOCKADDR RemoteAddress, PIRP Irp) { WSKSIM_CALLED(); return wsksim_imports.WskGetRemoteAddress(Socket, RemoteAddress, Irp); }
static NTSTATUS wsksim_WskSend(PWSK_SOCKET Socket, PWSK_BUF Buffer, ULONG Flags, PIRP Irp) { WSKSIM_CALLED(); return wsksim_imports.WskSend(Socket, Buffer, Flags, Irp); }
static NTSTATUS wsksim_WskReceive(PWSK_SOCKET Socket, PWSK_BUF Buffer, ULONG Flags, PIRP Irp) { WSKSIM_CALLED(); return wsksim_imports.WskReceive(Socket, Buffer, Flags, Irp); }
static NTSTATUS wsksim_WskSendEx(PWSK_SOCKET Socket, PWSK_BUF Buffer, ULONG Flags, ULONG ControlInfoLength, PCMSGHDR ControlInfo, PIRP Irp) { WSKSIM_CALLED(); return wsksim_imports.WskSendEx(Socket, Buffer, Flags, ControlInfoLength, ControlInfo, Irp); }
static NTSTATUS wsksim_WskReceiveEx(PWSK_SOCKET Socket, PWSK_BUF Buffer, ULONG Flags, PULONG ControlInfoLength, PCMSGHDR ControlInfo, PULONG ControlFlags, PIRP Irp) { WSKSIM_CALLED(); return wsksim_imports.WskReceiveEx(Socket, Buffer, Flags, ControlInfoLength, ControlInfo, ControlFlags, Irp); }
static NTSTATUS wsksim_WskRelease(PWSK_SOCKET Socket, PWSK_DATA_INDICATION DataIndication) { WSKSIM_CALLED(); return wsksim_imports.WskRelease(Socket, DataIndication); }
static NTSTATUS wsksim_WskSendTo(PWSK_SOCKET Socket, PWSK_BUF Buffer, ULONG Flags, PSOCKADDR RemoteAddress, ULONG ControlInfoLength, PCMSGHDR ControlInfo, PIRP Irp) { WSKSIM_CALLED(); return wsksim_imports.WskSendTo(Socket, Buffer, Flags, RemoteAddress, ControlInfoLength, ControlInfo, Irp); }
static NTSTATUS wsksim_WskSendMessages(PWSK_SOCKET Socket, PWSK_BUF_LIST BufferList, ULONG Flags, PSOCKADDR RemoteAddress, ULONG ControlInfoLength, PCMSGHDR ControlInfo, PIRP Irp) { WSKSIM_CALLED(); return wsksim_imports.WskSendMessages(Socket, BufferList, Flags, RemoteAddress, ControlInfoLength, ControlInfo, Irp); }
static NTSTATUS wsksim_WskReceiveFrom(PWSK_SOCKET Socket, PWSK_BUF Buffer, ULONG Flags, PSOCKADDR RemoteAddress, PULONG ControlInfoLength, PCMSGHDR ControlInfo, PULONG ControlFlags, PIRP Irp) { WSKSIM_CALLED(); return wsksim_imports.WskReceiveFrom(Socket, Buffer, Flags, RemoteAddress, ControlInfoLength, ControlInfo, ControlFlags, Irp); }

#define WSKSIM_PROVIDED \
    (PVOID)wsksim_WskSocket, \
    (PVOID)wsksim_WskSocketConnect, \
    (PVOID)wsksim_WskControlClient, \
    (PVOID)wsksim_WskGetAddressInfo, \
    (PVOID)wsksim_WskFreeAddressInfo, \
    (PVOID)wsksim_WskGetNameInfo, \
    (PVOID)wsksim_WskControlSocket, \
    (PVOID)wsksim_WskCloseSocket, \
    (PVOID)wsksim_WskBind, \
    (PVOID)wsksim_WskListen, \
    (PVOID)wsksim_WskConnect, \
    (PVOID)wsksim_WskConnectEx, \
    (PVOID)wsksim_WskAccept, \
    (PVOID)wsksim_WskInspectComplete, \
    (PVOID)wsksim_WskDisconnect, \
    (PVOID)wsksim_WskGetLocalAddress, \
    (PVOID)wsksim_WskGetRemoteAddress, \
    (PVOID)wsksim_WskSend, \
    (PVOID)wsksim_WskReceive, \
    (PVOID)wsksim_WskSendEx, \
    (PVOID)wsksim_WskReceiveEx, \
    (PVOID)wsksim_WskRelease, \
    (PVOID)wsksim_WskSendTo, \
    (PVOID)wsksim_WskSendMessages, \
    (PVOID)wsksim_WskReceiveFrom
