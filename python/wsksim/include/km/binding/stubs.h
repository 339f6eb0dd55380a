/*
 * stubs.h: the kernel's functions, each through its slot of the table.
 * Made by .ci/c_surface.py; do not edit.
 */

PIRP IoAllocateIrp(CCHAR StackSize, BOOLEAN ChargeQuota) { return wsksim_imports.IoAllocateIrp(StackSize, ChargeQuota); }
VOID IoFreeIrp(PIRP Irp) { wsksim_imports.IoFreeIrp(Irp); }
VOID IoReuseIrp(PIRP Irp, NTSTATUS Iostatus) { wsksim_imports.IoReuseIrp(Irp, Iostatus); }
VOID IoSetCompletionRoutine(PIRP Irp, PIO_COMPLETION_ROUTINE CompletionRoutine, PVOID Context, BOOLEAN InvokeOnSuccess, BOOLEAN InvokeOnError, BOOLEAN InvokeOnCancel) { wsksim_imports.IoSetCompletionRoutine(Irp, CompletionRoutine, Context, InvokeOnSuccess, InvokeOnError, InvokeOnCancel); }
NTSTATUS IoSetCompletionRoutineEx(PDEVICE_OBJECT DeviceObject, PIRP Irp, PIO_COMPLETION_ROUTINE CompletionRoutine, PVOID Context, BOOLEAN InvokeOnSuccess, BOOLEAN InvokeOnError, BOOLEAN InvokeOnCancel) { return wsksim_imports.IoSetCompletionRoutineEx(DeviceObject, Irp, CompletionRoutine, Context, InvokeOnSuccess, InvokeOnError, InvokeOnCancel); }
BOOLEAN IoCancelIrp(PIRP Irp) { return wsksim_imports.IoCancelIrp(Irp); }
VOID IoInitializeIrp(PIRP Irp, USHORT PacketSize, CCHAR StackSize) { wsksim_imports.IoInitializeIrp(Irp, PacketSize, StackSize); }
VOID IoCompleteRequest(PIRP Irp, CCHAR PriorityBoost) { wsksim_imports.IoCompleteRequest(Irp, PriorityBoost); }
VOID IoAcquireCancelSpinLock(PKIRQL Irql) { wsksim_imports.IoAcquireCancelSpinLock(Irql); }
VOID IoReleaseCancelSpinLock(KIRQL Irql) { wsksim_imports.IoReleaseCancelSpinLock(Irql); }
NTSTATUS IofCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp) { return wsksim_imports.IofCallDriver(DeviceObject, Irp); }
PEPROCESS IoGetCurrentProcess(VOID) { return wsksim_imports.IoGetCurrentProcess(); }
PMDL IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota, PIRP Irp) { return wsksim_imports.IoAllocateMdl(VirtualAddress, Length, SecondaryBuffer, ChargeQuota, Irp); }
VOID IoFreeMdl(PMDL Mdl) { wsksim_imports.IoFreeMdl(Mdl); }
VOID IoBuildPartialMdl(PMDL SourceMdl, PMDL TargetMdl, PVOID VirtualAddress, ULONG Length) { wsksim_imports.IoBuildPartialMdl(SourceMdl, TargetMdl, VirtualAddress, Length); }
VOID MmBuildMdlForNonPagedPool(PMDL MemoryDescriptorList) { wsksim_imports.MmBuildMdlForNonPagedPool(MemoryDescriptorList); }
VOID MmProbeAndLockPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation) { NTSTATUS status = wsksim_imports.MmProbeAndLockPages(MemoryDescriptorList, AccessMode, Operation); if (!NT_SUCCESS(status)) ExRaiseStatus(status); }
VOID MmUnlockPages(PMDL MemoryDescriptorList) { wsksim_imports.MmUnlockPages(MemoryDescriptorList); }
PVOID MmMapLockedPagesSpecifyCache(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode, MEMORY_CACHING_TYPE CacheType, PVOID RequestedAddress, ULONG BugCheckOnFailure, ULONG Priority) { return wsksim_imports.MmMapLockedPagesSpecifyCache(MemoryDescriptorList, AccessMode, CacheType, RequestedAddress, BugCheckOnFailure, Priority); }
VOID MmUnmapLockedPages(PVOID BaseAddress, PMDL MemoryDescriptorList) { wsksim_imports.MmUnmapLockedPages(BaseAddress, MemoryDescriptorList); }
SIZE_T MmSizeOfMdl(PVOID Base, SIZE_T Length) { return wsksim_imports.MmSizeOfMdl(Base, Length); }
BOOLEAN MmIsAddressValid(PVOID VirtualAddress) { return wsksim_imports.MmIsAddressValid(VirtualAddress); }
PVOID MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName) { return wsksim_imports.MmGetSystemRoutineAddress(SystemRoutineName); }
VOID KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State) { wsksim_imports.KeInitializeEvent(Event, Type, State); }
LONG KeSetEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait) { return wsksim_imports.KeSetEvent(Event, Increment, Wait); }
VOID KeClearEvent(PRKEVENT Event) { wsksim_imports.KeClearEvent(Event); }
LONG KeResetEvent(PRKEVENT Event) { return wsksim_imports.KeResetEvent(Event); }
LONG KeReadStateEvent(PRKEVENT Event) { return wsksim_imports.KeReadStateEvent(Event); }
NTSTATUS KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Timeout) { return wsksim_imports.KeWaitForSingleObject(Object, WaitReason, WaitMode, Alertable, Timeout); }
NTSTATUS KeWaitForMultipleObjects(ULONG Count, PVOID *Object, WAIT_TYPE WaitType, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Timeout, PKWAIT_BLOCK WaitBlockArray) { return wsksim_imports.KeWaitForMultipleObjects(Count, Object, WaitType, WaitReason, WaitMode, Alertable, Timeout, WaitBlockArray); }
NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Interval) { return wsksim_imports.KeDelayExecutionThread(WaitMode, Alertable, Interval); }
VOID KeInitializeSemaphore(PRKSEMAPHORE Semaphore, LONG Count, LONG Limit) { wsksim_imports.KeInitializeSemaphore(Semaphore, Count, Limit); }
LONG KeReleaseSemaphore(PRKSEMAPHORE Semaphore, KPRIORITY Increment, LONG Adjustment, BOOLEAN Wait) { return wsksim_imports.KeReleaseSemaphore(Semaphore, Increment, Adjustment, Wait); }
LONG KeReadStateSemaphore(PRKSEMAPHORE Semaphore) { return wsksim_imports.KeReadStateSemaphore(Semaphore); }
VOID KeInitializeMutex(PRKMUTEX Mutex, ULONG Level) { wsksim_imports.KeInitializeMutex(Mutex, Level); }
LONG KeReleaseMutex(PRKMUTEX Mutex, BOOLEAN Wait) { return wsksim_imports.KeReleaseMutex(Mutex, Wait); }
LONG KeReadStateMutex(PRKMUTEX Mutex) { return wsksim_imports.KeReadStateMutex(Mutex); }
VOID KeInitializeSpinLock(PKSPIN_LOCK SpinLock) { wsksim_imports.KeInitializeSpinLock(SpinLock); }
VOID KeAcquireSpinLock(PKSPIN_LOCK SpinLock, PKIRQL OldIrql) { wsksim_imports.KeAcquireSpinLock(SpinLock, OldIrql); }
KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock) { return wsksim_imports.KeAcquireSpinLockRaiseToDpc(SpinLock); }
VOID KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql) { wsksim_imports.KeReleaseSpinLock(SpinLock, NewIrql); }
VOID KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock) { wsksim_imports.KeAcquireSpinLockAtDpcLevel(SpinLock); }
VOID KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock) { wsksim_imports.KeReleaseSpinLockFromDpcLevel(SpinLock); }
BOOLEAN KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock) { return wsksim_imports.KeTryToAcquireSpinLockAtDpcLevel(SpinLock); }
VOID KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle) { wsksim_imports.KeAcquireInStackQueuedSpinLock(SpinLock, LockHandle); }
VOID KeReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE LockHandle) { wsksim_imports.KeReleaseInStackQueuedSpinLock(LockHandle); }
VOID KeAcquireInStackQueuedSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle) { wsksim_imports.KeAcquireInStackQueuedSpinLockAtDpcLevel(SpinLock, LockHandle); }
VOID KeReleaseInStackQueuedSpinLockFromDpcLevel(PKLOCK_QUEUE_HANDLE LockHandle) { wsksim_imports.KeReleaseInStackQueuedSpinLockFromDpcLevel(LockHandle); }
KIRQL KeGetCurrentIrql(VOID) { return wsksim_imports.KeGetCurrentIrql(); }
VOID KeRaiseIrql(KIRQL NewIrql, PKIRQL OldIrql) { wsksim_imports.KeRaiseIrql(NewIrql, OldIrql); }
VOID KeLowerIrql(KIRQL NewIrql) { wsksim_imports.KeLowerIrql(NewIrql); }
PKTHREAD KeGetCurrentThread(VOID) { return wsksim_imports.KeGetCurrentThread(); }
HANDLE PsGetCurrentProcessId(VOID) { return wsksim_imports.PsGetCurrentProcessId(); }
HANDLE PsGetCurrentThreadId(VOID) { return wsksim_imports.PsGetCurrentThreadId(); }
KPRIORITY KeSetPriorityThread(PKTHREAD Thread, KPRIORITY Priority) { return wsksim_imports.KeSetPriorityThread(Thread, Priority); }
LONG KeSetBasePriorityThread(PKTHREAD Thread, LONG Increment) { return wsksim_imports.KeSetBasePriorityThread(Thread, Increment); }
VOID KeEnterCriticalRegion(VOID) { wsksim_imports.KeEnterCriticalRegion(); }
VOID KeLeaveCriticalRegion(VOID) { wsksim_imports.KeLeaveCriticalRegion(); }
BOOLEAN KeAreApcsDisabled(VOID) { return wsksim_imports.KeAreApcsDisabled(); }
NTSTATUS PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle, PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine, PVOID StartContext) { return wsksim_imports.PsCreateSystemThread(ThreadHandle, DesiredAccess, ObjectAttributes, ProcessHandle, ClientId, StartRoutine, StartContext); }
NTSTATUS PsTerminateSystemThread(NTSTATUS ExitStatus) { return wsksim_imports.PsTerminateSystemThread(ExitStatus); }
NTSTATUS ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode, PVOID *Object, POBJECT_HANDLE_INFORMATION HandleInformation) { return wsksim_imports.ObReferenceObjectByHandle(Handle, DesiredAccess, ObjectType, AccessMode, Object, HandleInformation); }
LONG_PTR ObfReferenceObject(PVOID Object) { return wsksim_imports.ObfReferenceObject(Object); }
LONG_PTR ObfDereferenceObject(PVOID Object) { return wsksim_imports.ObfDereferenceObject(Object); }
NTSTATUS ZwClose(HANDLE Handle) { return wsksim_imports.ZwClose(Handle); }
NTSTATUS ZwWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout) { return wsksim_imports.ZwWaitForSingleObject(Handle, Alertable, Timeout); }
PVOID ExAllocatePool(POOL_TYPE PoolType, SIZE_T NumberOfBytes) { return wsksim_imports.ExAllocatePool(PoolType, NumberOfBytes); }
PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) { return wsksim_imports.ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag); }
PVOID ExAllocatePoolWithQuotaTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) { return wsksim_imports.ExAllocatePoolWithQuotaTag(PoolType, NumberOfBytes, Tag); }
PVOID ExAllocatePoolZero(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) { return wsksim_imports.ExAllocatePoolZero(PoolType, NumberOfBytes, Tag); }
PVOID ExAllocatePoolUninitialized(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag) { return wsksim_imports.ExAllocatePoolUninitialized(PoolType, NumberOfBytes, Tag); }
PVOID ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag) { return wsksim_imports.ExAllocatePool2(Flags, NumberOfBytes, Tag); }
VOID ExFreePool(PVOID P) { wsksim_imports.ExFreePool(P); }
VOID ExFreePoolWithTag(PVOID P, ULONG Tag) { wsksim_imports.ExFreePoolWithTag(P, Tag); }
VOID ExFreePool2(PVOID P, ULONG Tag, PCPOOL_EXTENDED_PARAMETER ExtendedParameters, ULONG ExtendedParametersCount) { wsksim_imports.ExFreePool2(P, Tag, ExtendedParameters, ExtendedParametersCount); }
VOID ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free, ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth) { wsksim_imports.ExInitializeNPagedLookasideList(Lookaside, Allocate, Free, Flags, Size, Tag, Depth); }
VOID ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside) { wsksim_imports.ExDeleteNPagedLookasideList(Lookaside); }
PVOID ExAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside) { return wsksim_imports.ExAllocateFromNPagedLookasideList(Lookaside); }
VOID ExFreeToNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry) { wsksim_imports.ExFreeToNPagedLookasideList(Lookaside, Entry); }
NTSTATUS ExInitializeLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PALLOCATE_FUNCTION_EX Allocate, PFREE_FUNCTION_EX Free, POOL_TYPE PoolType, ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth) { return wsksim_imports.ExInitializeLookasideListEx(Lookaside, Allocate, Free, PoolType, Flags, Size, Tag, Depth); }
VOID ExDeleteLookasideListEx(PLOOKASIDE_LIST_EX Lookaside) { wsksim_imports.ExDeleteLookasideListEx(Lookaside); }
PVOID ExAllocateFromLookasideListEx(PLOOKASIDE_LIST_EX Lookaside) { return wsksim_imports.ExAllocateFromLookasideListEx(Lookaside); }
VOID ExFreeToLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PVOID Entry) { wsksim_imports.ExFreeToLookasideListEx(Lookaside, Entry); }
VOID ExInitializeFastMutex(PFAST_MUTEX FastMutex) { wsksim_imports.ExInitializeFastMutex(FastMutex); }
VOID ExAcquireFastMutex(PFAST_MUTEX FastMutex) { wsksim_imports.ExAcquireFastMutex(FastMutex); }
BOOLEAN ExTryToAcquireFastMutex(PFAST_MUTEX FastMutex) { return wsksim_imports.ExTryToAcquireFastMutex(FastMutex); }
VOID ExReleaseFastMutex(PFAST_MUTEX FastMutex) { wsksim_imports.ExReleaseFastMutex(FastMutex); }
VOID ExAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex) { wsksim_imports.ExAcquireFastMutexUnsafe(FastMutex); }
VOID ExReleaseFastMutexUnsafe(PFAST_MUTEX FastMutex) { wsksim_imports.ExReleaseFastMutexUnsafe(FastMutex); }
VOID ExInitializePushLock(PEX_PUSH_LOCK PushLock) { wsksim_imports.ExInitializePushLock(PushLock); }
VOID ExAcquirePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags) { wsksim_imports.ExAcquirePushLockExclusiveEx(PushLock, Flags); }
VOID ExAcquirePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags) { wsksim_imports.ExAcquirePushLockSharedEx(PushLock, Flags); }
VOID ExReleasePushLockExclusiveEx(PEX_PUSH_LOCK PushLock, ULONG Flags) { wsksim_imports.ExReleasePushLockExclusiveEx(PushLock, Flags); }
VOID ExReleasePushLockSharedEx(PEX_PUSH_LOCK PushLock, ULONG Flags) { wsksim_imports.ExReleasePushLockSharedEx(PushLock, Flags); }
KIRQL ExAcquireSpinLockExclusive(PEX_SPIN_LOCK SpinLock) { return wsksim_imports.ExAcquireSpinLockExclusive(SpinLock); }
VOID ExReleaseSpinLockExclusive(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql) { wsksim_imports.ExReleaseSpinLockExclusive(SpinLock, OldIrql); }
KIRQL ExAcquireSpinLockShared(PEX_SPIN_LOCK SpinLock) { return wsksim_imports.ExAcquireSpinLockShared(SpinLock); }
VOID ExReleaseSpinLockShared(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql) { wsksim_imports.ExReleaseSpinLockShared(SpinLock, OldIrql); }
NTSTATUS ExInitializeResourceLite(PERESOURCE Resource) { return wsksim_imports.ExInitializeResourceLite(Resource); }
NTSTATUS ExDeleteResourceLite(PERESOURCE Resource) { return wsksim_imports.ExDeleteResourceLite(Resource); }
BOOLEAN ExAcquireResourceExclusiveLite(PERESOURCE Resource, BOOLEAN Wait) { return wsksim_imports.ExAcquireResourceExclusiveLite(Resource, Wait); }
BOOLEAN ExAcquireResourceSharedLite(PERESOURCE Resource, BOOLEAN Wait) { return wsksim_imports.ExAcquireResourceSharedLite(Resource, Wait); }
VOID ExReleaseResourceLite(PERESOURCE Resource) { wsksim_imports.ExReleaseResourceLite(Resource); }
VOID ExInitializeRundownProtection(PEX_RUNDOWN_REF RunRef) { wsksim_imports.ExInitializeRundownProtection(RunRef); }
BOOLEAN ExAcquireRundownProtection(PEX_RUNDOWN_REF RunRef) { return wsksim_imports.ExAcquireRundownProtection(RunRef); }
VOID ExReleaseRundownProtection(PEX_RUNDOWN_REF RunRef) { wsksim_imports.ExReleaseRundownProtection(RunRef); }
VOID ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF RunRef) { wsksim_imports.ExWaitForRundownProtectionRelease(RunRef); }
VOID ExRundownCompleted(PEX_RUNDOWN_REF RunRef) { wsksim_imports.ExRundownCompleted(RunRef); }
VOID ExReInitializeRundownProtection(PEX_RUNDOWN_REF RunRef) { wsksim_imports.ExReInitializeRundownProtection(RunRef); }
VOID InitializeSListHead(PSLIST_HEADER SListHead) { wsksim_imports.InitializeSListHead(SListHead); }
PSLIST_ENTRY InterlockedPushEntrySList(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry) { return wsksim_imports.InterlockedPushEntrySList(ListHead, ListEntry); }
PSLIST_ENTRY InterlockedPopEntrySList(PSLIST_HEADER ListHead) { return wsksim_imports.InterlockedPopEntrySList(ListHead); }
PSLIST_ENTRY ExInterlockedFlushSList(PSLIST_HEADER ListHead) { return wsksim_imports.ExInterlockedFlushSList(ListHead); }
USHORT ExQueryDepthSList(PSLIST_HEADER SListHead) { return wsksim_imports.ExQueryDepthSList(SListHead); }
PLIST_ENTRY ExInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock) { return wsksim_imports.ExInterlockedInsertHeadList(ListHead, ListEntry, Lock); }
PLIST_ENTRY ExInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock) { return wsksim_imports.ExInterlockedInsertTailList(ListHead, ListEntry, Lock); }
PLIST_ENTRY ExInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PKSPIN_LOCK Lock) { return wsksim_imports.ExInterlockedRemoveHeadList(ListHead, Lock); }
VOID RtlRunOnceInitialize(PRTL_RUN_ONCE RunOnce) { wsksim_imports.RtlRunOnceInitialize(RunOnce); }
NTSTATUS RtlRunOnceExecuteOnce(PRTL_RUN_ONCE RunOnce, PRTL_RUN_ONCE_INIT_FN InitFn, PVOID Parameter, PVOID *Context) { return wsksim_imports.RtlRunOnceExecuteOnce(RunOnce, InitFn, Parameter, Context); }
NTSTATUS RtlRunOnceBeginInitialize(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID *Context) { return wsksim_imports.RtlRunOnceBeginInitialize(RunOnce, Flags, Context); }
NTSTATUS RtlRunOnceComplete(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID Context) { return wsksim_imports.RtlRunOnceComplete(RunOnce, Flags, Context); }
VOID RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString) { wsksim_imports.RtlInitUnicodeString(DestinationString, SourceString); }
VOID RtlInitAnsiString(PANSI_STRING DestinationString, PCSZ SourceString) { wsksim_imports.RtlInitAnsiString(DestinationString, SourceString); }
VOID RtlInitString(PSTRING DestinationString, PCSZ SourceString) { wsksim_imports.RtlInitString(DestinationString, SourceString); }
VOID RtlCopyUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString) { wsksim_imports.RtlCopyUnicodeString(DestinationString, SourceString); }
LONG RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive) { return wsksim_imports.RtlCompareUnicodeString(String1, String2, CaseInSensitive); }
BOOLEAN RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive) { return wsksim_imports.RtlEqualUnicodeString(String1, String2, CaseInSensitive); }
NTSTATUS RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source) { return wsksim_imports.RtlAppendUnicodeToString(Destination, Source); }
NTSTATUS RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source) { return wsksim_imports.RtlAppendUnicodeStringToString(Destination, Source); }
VOID RtlFreeUnicodeString(PUNICODE_STRING UnicodeString) { wsksim_imports.RtlFreeUnicodeString(UnicodeString); }
VOID RtlFreeAnsiString(PANSI_STRING AnsiString) { wsksim_imports.RtlFreeAnsiString(AnsiString); }
NTSTATUS RtlAnsiStringToUnicodeString(PUNICODE_STRING DestinationString, PCANSI_STRING SourceString, BOOLEAN AllocateDestinationString) { return wsksim_imports.RtlAnsiStringToUnicodeString(DestinationString, SourceString, AllocateDestinationString); }
NTSTATUS RtlUnicodeStringToAnsiString(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString, BOOLEAN AllocateDestinationString) { return wsksim_imports.RtlUnicodeStringToAnsiString(DestinationString, SourceString, AllocateDestinationString); }
NTSTATUS RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String) { return wsksim_imports.RtlIntegerToUnicodeString(Value, Base, String); }
NTSTATUS RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value) { return wsksim_imports.RtlUnicodeStringToInteger(String, Base, Value); }
ULONG RtlRandomEx(PULONG Seed) { return wsksim_imports.RtlRandomEx(Seed); }
NTSTATUS RtlGetVersion(PRTL_OSVERSIONINFOW VersionInformation) { return wsksim_imports.RtlGetVersion(VersionInformation); }
VOID KeBugCheck(ULONG BugCheckCode) { for (;;) wsksim_imports.KeBugCheck(BugCheckCode); }
VOID KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1, ULONG_PTR BugCheckParameter2, ULONG_PTR BugCheckParameter3, ULONG_PTR BugCheckParameter4) { for (;;) wsksim_imports.KeBugCheckEx(BugCheckCode, BugCheckParameter1, BugCheckParameter2, BugCheckParameter3, BugCheckParameter4); }
VOID ProbeForRead(const volatile VOID *Address, SIZE_T Length, ULONG Alignment) { NTSTATUS status = wsksim_imports.ProbeForRead(Address, Length, Alignment); if (!NT_SUCCESS(status)) ExRaiseStatus(status); }
VOID ProbeForWrite(volatile VOID *Address, SIZE_T Length, ULONG Alignment) { NTSTATUS status = wsksim_imports.ProbeForWrite(Address, Length, Alignment); if (!NT_SUCCESS(status)) ExRaiseStatus(status); }
VOID KeQuerySystemTime(PLARGE_INTEGER CurrentTime) { wsksim_imports.KeQuerySystemTime(CurrentTime); }
VOID KeQuerySystemTimePrecise(PLARGE_INTEGER CurrentTime) { wsksim_imports.KeQuerySystemTimePrecise(CurrentTime); }
ULONGLONG KeQueryInterruptTime(VOID) { return wsksim_imports.KeQueryInterruptTime(); }
VOID KeQueryTickCount(PLARGE_INTEGER CurrentCount) { wsksim_imports.KeQueryTickCount(CurrentCount); }
ULONG KeQueryTimeIncrement(VOID) { return wsksim_imports.KeQueryTimeIncrement(); }
LARGE_INTEGER KeQueryPerformanceCounter(PLARGE_INTEGER PerformanceFrequency) { return wsksim_imports.KeQueryPerformanceCounter(PerformanceFrequency); }
VOID KeStallExecutionProcessor(ULONG MicroSeconds) { wsksim_imports.KeStallExecutionProcessor(MicroSeconds); }
ULONG KeQueryActiveProcessorCount(PKAFFINITY ActiveProcessors) { return wsksim_imports.KeQueryActiveProcessorCount(ActiveProcessors); }
ULONG KeQueryActiveProcessorCountEx(USHORT GroupNumber) { return wsksim_imports.KeQueryActiveProcessorCountEx(GroupNumber); }
ULONG KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER ProcNumber) { return wsksim_imports.KeGetCurrentProcessorNumberEx(ProcNumber); }
VOID KeInitializeTimer(PKTIMER Timer) { wsksim_imports.KeInitializeTimer(Timer); }
VOID KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type) { wsksim_imports.KeInitializeTimerEx(Timer, Type); }
BOOLEAN KeSetTimer(PKTIMER Timer, LARGE_INTEGER DueTime, PKDPC Dpc) { return wsksim_imports.KeSetTimer(Timer, DueTime, Dpc); }
BOOLEAN KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc) { return wsksim_imports.KeSetTimerEx(Timer, DueTime, Period, Dpc); }
BOOLEAN KeSetCoalescableTimer(PKTIMER Timer, LARGE_INTEGER DueTime, ULONG Period, ULONG TolerableDelay, PKDPC Dpc) { return wsksim_imports.KeSetCoalescableTimer(Timer, DueTime, Period, TolerableDelay, Dpc); }
BOOLEAN KeCancelTimer(PKTIMER Timer) { return wsksim_imports.KeCancelTimer(Timer); }
BOOLEAN KeReadStateTimer(PKTIMER Timer) { return wsksim_imports.KeReadStateTimer(Timer); }
VOID KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext) { wsksim_imports.KeInitializeDpc(Dpc, DeferredRoutine, DeferredContext); }
BOOLEAN KeInsertQueueDpc(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2) { return wsksim_imports.KeInsertQueueDpc(Dpc, SystemArgument1, SystemArgument2); }
BOOLEAN KeRemoveQueueDpc(PRKDPC Dpc) { return wsksim_imports.KeRemoveQueueDpc(Dpc); }
VOID KeFlushQueuedDpcs(VOID) { wsksim_imports.KeFlushQueuedDpcs(); }
PIO_WORKITEM IoAllocateWorkItem(PDEVICE_OBJECT DeviceObject) { return wsksim_imports.IoAllocateWorkItem(DeviceObject); }
VOID IoFreeWorkItem(PIO_WORKITEM IoWorkItem) { wsksim_imports.IoFreeWorkItem(IoWorkItem); }
VOID IoQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE WorkerRoutine, WORK_QUEUE_TYPE QueueType, PVOID Context) { wsksim_imports.IoQueueWorkItem(IoWorkItem, WorkerRoutine, QueueType, Context); }
VOID IoQueueWorkItemEx(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine, WORK_QUEUE_TYPE QueueType, PVOID Context) { wsksim_imports.IoQueueWorkItemEx(IoWorkItem, WorkerRoutine, QueueType, Context); }
VOID IoInitializeWorkItem(PVOID IoObject, PIO_WORKITEM IoWorkItem) { wsksim_imports.IoInitializeWorkItem(IoObject, IoWorkItem); }
VOID IoUninitializeWorkItem(PIO_WORKITEM IoWorkItem) { wsksim_imports.IoUninitializeWorkItem(IoWorkItem); }
ULONG IoSizeofWorkItem(VOID) { return wsksim_imports.IoSizeofWorkItem(); }
VOID ExQueueWorkItem(PWORK_QUEUE_ITEM WorkItem, WORK_QUEUE_TYPE QueueType) { wsksim_imports.ExQueueWorkItem(WorkItem, QueueType); }
NTSTATUS IoCreateDevice(PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize, PUNICODE_STRING DeviceName, DEVICE_TYPE DeviceType, ULONG DeviceCharacteristics, BOOLEAN Exclusive, PDEVICE_OBJECT *DeviceObject) { return wsksim_imports.IoCreateDevice(DriverObject, DeviceExtensionSize, DeviceName, DeviceType, DeviceCharacteristics, Exclusive, DeviceObject); }
VOID IoDeleteDevice(PDEVICE_OBJECT DeviceObject) { wsksim_imports.IoDeleteDevice(DeviceObject); }
NTSTATUS IoCreateSymbolicLink(PUNICODE_STRING SymbolicLinkName, PUNICODE_STRING DeviceName) { return wsksim_imports.IoCreateSymbolicLink(SymbolicLinkName, DeviceName); }
NTSTATUS IoDeleteSymbolicLink(PUNICODE_STRING SymbolicLinkName) { return wsksim_imports.IoDeleteSymbolicLink(SymbolicLinkName); }
NTSTATUS IoRegisterShutdownNotification(PDEVICE_OBJECT DeviceObject) { return wsksim_imports.IoRegisterShutdownNotification(DeviceObject); }
VOID IoUnregisterShutdownNotification(PDEVICE_OBJECT DeviceObject) { wsksim_imports.IoUnregisterShutdownNotification(DeviceObject); }
PGENERIC_MAPPING IoGetFileObjectGenericMapping(VOID) { return wsksim_imports.IoGetFileObjectGenericMapping(); }
VOID SeCaptureSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext) { wsksim_imports.SeCaptureSubjectContext(SubjectContext); }
VOID SeReleaseSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext) { wsksim_imports.SeReleaseSubjectContext(SubjectContext); }
NTSTATUS SeAssignSecurity(PSECURITY_DESCRIPTOR ParentDescriptor, PSECURITY_DESCRIPTOR ExplicitDescriptor, PSECURITY_DESCRIPTOR *NewDescriptor, BOOLEAN IsDirectoryObject, PSECURITY_SUBJECT_CONTEXT SubjectContext, PGENERIC_MAPPING GenericMapping, POOL_TYPE PoolType) { return wsksim_imports.SeAssignSecurity(ParentDescriptor, ExplicitDescriptor, NewDescriptor, IsDirectoryObject, SubjectContext, GenericMapping, PoolType); }
NTSTATUS SeDeassignSecurity(PSECURITY_DESCRIPTOR *SecurityDescriptor) { return wsksim_imports.SeDeassignSecurity(SecurityDescriptor); }
NTSTATUS BCryptOpenAlgorithmProvider(BCRYPT_ALG_HANDLE *phAlgorithm, PCWSTR pszAlgId, PCWSTR pszImplementation, ULONG dwFlags) { return wsksim_imports.BCryptOpenAlgorithmProvider(phAlgorithm, pszAlgId, pszImplementation, dwFlags); }
NTSTATUS BCryptCloseAlgorithmProvider(BCRYPT_ALG_HANDLE hAlgorithm, ULONG dwFlags) { return wsksim_imports.BCryptCloseAlgorithmProvider(hAlgorithm, dwFlags); }
NTSTATUS BCryptGetProperty(BCRYPT_HANDLE hObject, PCWSTR pszProperty, PUCHAR pbOutput, ULONG cbOutput, ULONG *pcbResult, ULONG dwFlags) { return wsksim_imports.BCryptGetProperty(hObject, pszProperty, pbOutput, cbOutput, pcbResult, dwFlags); }
NTSTATUS BCryptCreateHash(BCRYPT_ALG_HANDLE hAlgorithm, BCRYPT_HASH_HANDLE *phHash, PUCHAR pbHashObject, ULONG cbHashObject, PUCHAR pbSecret, ULONG cbSecret, ULONG dwFlags) { return wsksim_imports.BCryptCreateHash(hAlgorithm, phHash, pbHashObject, cbHashObject, pbSecret, cbSecret, dwFlags); }
NTSTATUS BCryptHashData(BCRYPT_HASH_HANDLE hHash, PUCHAR pbInput, ULONG cbInput, ULONG dwFlags) { return wsksim_imports.BCryptHashData(hHash, pbInput, cbInput, dwFlags); }
NTSTATUS BCryptFinishHash(BCRYPT_HASH_HANDLE hHash, PUCHAR pbOutput, ULONG cbOutput, ULONG dwFlags) { return wsksim_imports.BCryptFinishHash(hHash, pbOutput, cbOutput, dwFlags); }
NTSTATUS BCryptDestroyHash(BCRYPT_HASH_HANDLE hHash) { return wsksim_imports.BCryptDestroyHash(hHash); }
NTSTATUS BCryptGenRandom(BCRYPT_ALG_HANDLE hAlgorithm, PUCHAR pbBuffer, ULONG cbBuffer, ULONG dwFlags) { return wsksim_imports.BCryptGenRandom(hAlgorithm, pbBuffer, cbBuffer, dwFlags); }
NTSTATUS WskRegister(PWSK_CLIENT_NPI WskClientNpi, PWSK_REGISTRATION WskRegistration) { return wsksim_imports.WskRegister(WskClientNpi, WskRegistration); }
VOID WskDeregister(PWSK_REGISTRATION WskRegistration) { wsksim_imports.WskDeregister(WskRegistration); }
NTSTATUS WskCaptureProviderNPI(PWSK_REGISTRATION WskRegistration, ULONG WaitTimeout, PWSK_PROVIDER_NPI WskProviderNpi) { return wsksim_imports.WskCaptureProviderNPI(WskRegistration, WaitTimeout, WskProviderNpi); }
VOID WskReleaseProviderNPI(PWSK_REGISTRATION WskRegistration) { wsksim_imports.WskReleaseProviderNPI(WskRegistration); }
NTSTATUS WskQueryProviderCharacteristics(PWSK_REGISTRATION WskRegistration, PWSK_PROVIDER_CHARACTERISTICS WskProviderCharacteristics) { return wsksim_imports.WskQueryProviderCharacteristics(WskRegistration, WskProviderCharacteristics); }
VOID wsksim_print_text(ULONG ComponentId, ULONG Level, PCSTR Text, SIZE_T Length) { wsksim_imports.wsksim_print_text(ComponentId, Level, Text, Length); }
PVOID * wsksim_frames(VOID) { return wsksim_imports.wsksim_frames(); }
VOID wsksim_assertion_failed(PCSTR Condition, PCSTR File, ULONG Line) { wsksim_imports.wsksim_assertion_failed(Condition, File, Line); }
VOID wsksim_paged_code(PCSTR File, ULONG Line) { wsksim_imports.wsksim_paged_code(File, Line); }
