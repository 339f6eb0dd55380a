/*
 * imports.h: the table through which a driver calls the kernel.
 * Made by .ci/c_surface.py; do not edit.
 */
#ifndef WSKSIM_IMPORTS_H
#define WSKSIM_IMPORTS_H

#include "kernel.h"
#include "../wsk.h"

/* How the table and the structures lie: a loader with another word refuses the object. */
#define WSKSIM_LAYOUT 0x5383222379627BF9ULL
#define WSKSIM_IMPORT_COUNT 198
#define WSKSIM_PROVIDED_COUNT 25

#undef IoSetCompletionRoutine
#undef IoSetCompletionRoutineEx
#undef PsCreateSystemThread
#undef IoQueueWorkItem
#undef IoQueueWorkItemEx
#undef ObReferenceObjectByHandle

/* Behind the functions: where the last call came from, the frame of its function, and what the provider's
   tables show. */
typedef struct _WSKSIM_IMPORTS {
    PIRP (*IoAllocateIrp)(CCHAR StackSize, BOOLEAN ChargeQuota);
    VOID (*IoFreeIrp)(PIRP Irp);
    VOID (*IoReuseIrp)(PIRP Irp, NTSTATUS Iostatus);
    VOID (*IoSetCompletionRoutine)(PIRP Irp, PIO_COMPLETION_ROUTINE CompletionRoutine, PVOID Context, BOOLEAN InvokeOnSuccess, BOOLEAN InvokeOnError, BOOLEAN InvokeOnCancel);
    NTSTATUS (*IoSetCompletionRoutineEx)(PDEVICE_OBJECT DeviceObject, PIRP Irp, PIO_COMPLETION_ROUTINE CompletionRoutine, PVOID Context, BOOLEAN InvokeOnSuccess, BOOLEAN InvokeOnError, BOOLEAN InvokeOnCancel);
    BOOLEAN (*IoCancelIrp)(PIRP Irp);
    VOID (*IoInitializeIrp)(PIRP Irp, USHORT PacketSize, CCHAR StackSize);
    VOID (*IoCompleteRequest)(PIRP Irp, CCHAR PriorityBoost);
    VOID (*IoAcquireCancelSpinLock)(PKIRQL Irql);
    VOID (*IoReleaseCancelSpinLock)(KIRQL Irql);
    NTSTATUS (*IofCallDriver)(PDEVICE_OBJECT DeviceObject, PIRP Irp);
    PEPROCESS (*IoGetCurrentProcess)(VOID);
    PMDL (*IoAllocateMdl)(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota, PIRP Irp);
    VOID (*IoFreeMdl)(PMDL Mdl);
    VOID (*IoBuildPartialMdl)(PMDL SourceMdl, PMDL TargetMdl, PVOID VirtualAddress, ULONG Length);
    VOID (*MmBuildMdlForNonPagedPool)(PMDL MemoryDescriptorList);
    NTSTATUS (*MmProbeAndLockPages)(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode, LOCK_OPERATION Operation);
    VOID (*MmUnlockPages)(PMDL MemoryDescriptorList);
    PVOID (*MmMapLockedPagesSpecifyCache)(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode, MEMORY_CACHING_TYPE CacheType, PVOID RequestedAddress, ULONG BugCheckOnFailure, ULONG Priority);
    VOID (*MmUnmapLockedPages)(PVOID BaseAddress, PMDL MemoryDescriptorList);
    SIZE_T (*MmSizeOfMdl)(PVOID Base, SIZE_T Length);
    BOOLEAN (*MmIsAddressValid)(PVOID VirtualAddress);
    PVOID (*MmGetSystemRoutineAddress)(PUNICODE_STRING SystemRoutineName);
    VOID (*KeInitializeEvent)(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State);
    LONG (*KeSetEvent)(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait);
    VOID (*KeClearEvent)(PRKEVENT Event);
    LONG (*KeResetEvent)(PRKEVENT Event);
    LONG (*KeReadStateEvent)(PRKEVENT Event);
    NTSTATUS (*KeWaitForSingleObject)(PVOID Object, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Timeout);
    NTSTATUS (*KeWaitForMultipleObjects)(ULONG Count, PVOID *Object, WAIT_TYPE WaitType, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Timeout, PKWAIT_BLOCK WaitBlockArray);
    NTSTATUS (*KeDelayExecutionThread)(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PLARGE_INTEGER Interval);
    VOID (*KeInitializeSemaphore)(PRKSEMAPHORE Semaphore, LONG Count, LONG Limit);
    LONG (*KeReleaseSemaphore)(PRKSEMAPHORE Semaphore, KPRIORITY Increment, LONG Adjustment, BOOLEAN Wait);
    LONG (*KeReadStateSemaphore)(PRKSEMAPHORE Semaphore);
    VOID (*KeInitializeMutex)(PRKMUTEX Mutex, ULONG Level);
    LONG (*KeReleaseMutex)(PRKMUTEX Mutex, BOOLEAN Wait);
    LONG (*KeReadStateMutex)(PRKMUTEX Mutex);
    VOID (*KeInitializeSpinLock)(PKSPIN_LOCK SpinLock);
    VOID (*KeAcquireSpinLock)(PKSPIN_LOCK SpinLock, PKIRQL OldIrql);
    KIRQL (*KeAcquireSpinLockRaiseToDpc)(PKSPIN_LOCK SpinLock);
    VOID (*KeReleaseSpinLock)(PKSPIN_LOCK SpinLock, KIRQL NewIrql);
    VOID (*KeAcquireSpinLockAtDpcLevel)(PKSPIN_LOCK SpinLock);
    VOID (*KeReleaseSpinLockFromDpcLevel)(PKSPIN_LOCK SpinLock);
    BOOLEAN (*KeTryToAcquireSpinLockAtDpcLevel)(PKSPIN_LOCK SpinLock);
    VOID (*KeAcquireInStackQueuedSpinLock)(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle);
    VOID (*KeReleaseInStackQueuedSpinLock)(PKLOCK_QUEUE_HANDLE LockHandle);
    VOID (*KeAcquireInStackQueuedSpinLockAtDpcLevel)(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle);
    VOID (*KeReleaseInStackQueuedSpinLockFromDpcLevel)(PKLOCK_QUEUE_HANDLE LockHandle);
    KIRQL (*KeGetCurrentIrql)(VOID);
    VOID (*KeRaiseIrql)(KIRQL NewIrql, PKIRQL OldIrql);
    VOID (*KeLowerIrql)(KIRQL NewIrql);
    PKTHREAD (*KeGetCurrentThread)(VOID);
    HANDLE (*PsGetCurrentProcessId)(VOID);
    HANDLE (*PsGetCurrentThreadId)(VOID);
    KPRIORITY (*KeSetPriorityThread)(PKTHREAD Thread, KPRIORITY Priority);
    LONG (*KeSetBasePriorityThread)(PKTHREAD Thread, LONG Increment);
    VOID (*KeEnterCriticalRegion)(VOID);
    VOID (*KeLeaveCriticalRegion)(VOID);
    BOOLEAN (*KeAreApcsDisabled)(VOID);
    NTSTATUS (*PsCreateSystemThread)(PHANDLE ThreadHandle, ULONG DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle, PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine, PVOID StartContext);
    NTSTATUS (*PsTerminateSystemThread)(NTSTATUS ExitStatus);
    NTSTATUS (*ObReferenceObjectByHandle)(HANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode, PVOID *Object, POBJECT_HANDLE_INFORMATION HandleInformation);
    LONG_PTR (*ObfReferenceObject)(PVOID Object);
    LONG_PTR (*ObfDereferenceObject)(PVOID Object);
    NTSTATUS (*ZwClose)(HANDLE Handle);
    NTSTATUS (*ZwWaitForSingleObject)(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout);
    PVOID (*ExAllocatePool)(POOL_TYPE PoolType, SIZE_T NumberOfBytes);
    PVOID (*ExAllocatePoolWithTag)(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
    PVOID (*ExAllocatePoolWithQuotaTag)(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
    PVOID (*ExAllocatePoolZero)(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
    PVOID (*ExAllocatePoolUninitialized)(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
    PVOID (*ExAllocatePool2)(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag);
    VOID (*ExFreePool)(PVOID P);
    VOID (*ExFreePoolWithTag)(PVOID P, ULONG Tag);
    VOID (*ExFreePool2)(PVOID P, ULONG Tag, PCPOOL_EXTENDED_PARAMETER ExtendedParameters, ULONG ExtendedParametersCount);
    VOID (*ExInitializeNPagedLookasideList)(PNPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free, ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth);
    VOID (*ExDeleteNPagedLookasideList)(PNPAGED_LOOKASIDE_LIST Lookaside);
    PVOID (*ExAllocateFromNPagedLookasideList)(PNPAGED_LOOKASIDE_LIST Lookaside);
    VOID (*ExFreeToNPagedLookasideList)(PNPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry);
    NTSTATUS (*ExInitializeLookasideListEx)(PLOOKASIDE_LIST_EX Lookaside, PALLOCATE_FUNCTION_EX Allocate, PFREE_FUNCTION_EX Free, POOL_TYPE PoolType, ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth);
    VOID (*ExDeleteLookasideListEx)(PLOOKASIDE_LIST_EX Lookaside);
    PVOID (*ExAllocateFromLookasideListEx)(PLOOKASIDE_LIST_EX Lookaside);
    VOID (*ExFreeToLookasideListEx)(PLOOKASIDE_LIST_EX Lookaside, PVOID Entry);
    VOID (*ExInitializeFastMutex)(PFAST_MUTEX FastMutex);
    VOID (*ExAcquireFastMutex)(PFAST_MUTEX FastMutex);
    BOOLEAN (*ExTryToAcquireFastMutex)(PFAST_MUTEX FastMutex);
    VOID (*ExReleaseFastMutex)(PFAST_MUTEX FastMutex);
    VOID (*ExAcquireFastMutexUnsafe)(PFAST_MUTEX FastMutex);
    VOID (*ExReleaseFastMutexUnsafe)(PFAST_MUTEX FastMutex);
    VOID (*ExInitializePushLock)(PEX_PUSH_LOCK PushLock);
    VOID (*ExAcquirePushLockExclusiveEx)(PEX_PUSH_LOCK PushLock, ULONG Flags);
    VOID (*ExAcquirePushLockSharedEx)(PEX_PUSH_LOCK PushLock, ULONG Flags);
    VOID (*ExReleasePushLockExclusiveEx)(PEX_PUSH_LOCK PushLock, ULONG Flags);
    VOID (*ExReleasePushLockSharedEx)(PEX_PUSH_LOCK PushLock, ULONG Flags);
    KIRQL (*ExAcquireSpinLockExclusive)(PEX_SPIN_LOCK SpinLock);
    VOID (*ExReleaseSpinLockExclusive)(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql);
    KIRQL (*ExAcquireSpinLockShared)(PEX_SPIN_LOCK SpinLock);
    VOID (*ExReleaseSpinLockShared)(PEX_SPIN_LOCK SpinLock, KIRQL OldIrql);
    NTSTATUS (*ExInitializeResourceLite)(PERESOURCE Resource);
    NTSTATUS (*ExDeleteResourceLite)(PERESOURCE Resource);
    BOOLEAN (*ExAcquireResourceExclusiveLite)(PERESOURCE Resource, BOOLEAN Wait);
    BOOLEAN (*ExAcquireResourceSharedLite)(PERESOURCE Resource, BOOLEAN Wait);
    VOID (*ExReleaseResourceLite)(PERESOURCE Resource);
    VOID (*ExInitializeRundownProtection)(PEX_RUNDOWN_REF RunRef);
    BOOLEAN (*ExAcquireRundownProtection)(PEX_RUNDOWN_REF RunRef);
    VOID (*ExReleaseRundownProtection)(PEX_RUNDOWN_REF RunRef);
    VOID (*ExWaitForRundownProtectionRelease)(PEX_RUNDOWN_REF RunRef);
    VOID (*ExRundownCompleted)(PEX_RUNDOWN_REF RunRef);
    VOID (*ExReInitializeRundownProtection)(PEX_RUNDOWN_REF RunRef);
    VOID (*InitializeSListHead)(PSLIST_HEADER SListHead);
    PSLIST_ENTRY (*InterlockedPushEntrySList)(PSLIST_HEADER ListHead, PSLIST_ENTRY ListEntry);
    PSLIST_ENTRY (*InterlockedPopEntrySList)(PSLIST_HEADER ListHead);
    PSLIST_ENTRY (*ExInterlockedFlushSList)(PSLIST_HEADER ListHead);
    USHORT (*ExQueryDepthSList)(PSLIST_HEADER SListHead);
    PLIST_ENTRY (*ExInterlockedInsertHeadList)(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock);
    PLIST_ENTRY (*ExInterlockedInsertTailList)(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock);
    PLIST_ENTRY (*ExInterlockedRemoveHeadList)(PLIST_ENTRY ListHead, PKSPIN_LOCK Lock);
    VOID (*RtlRunOnceInitialize)(PRTL_RUN_ONCE RunOnce);
    NTSTATUS (*RtlRunOnceExecuteOnce)(PRTL_RUN_ONCE RunOnce, PRTL_RUN_ONCE_INIT_FN InitFn, PVOID Parameter, PVOID *Context);
    NTSTATUS (*RtlRunOnceBeginInitialize)(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID *Context);
    NTSTATUS (*RtlRunOnceComplete)(PRTL_RUN_ONCE RunOnce, ULONG Flags, PVOID Context);
    VOID (*RtlInitUnicodeString)(PUNICODE_STRING DestinationString, PCWSTR SourceString);
    VOID (*RtlInitAnsiString)(PANSI_STRING DestinationString, PCSZ SourceString);
    VOID (*RtlInitString)(PSTRING DestinationString, PCSZ SourceString);
    VOID (*RtlCopyUnicodeString)(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString);
    LONG (*RtlCompareUnicodeString)(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive);
    BOOLEAN (*RtlEqualUnicodeString)(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive);
    NTSTATUS (*RtlAppendUnicodeToString)(PUNICODE_STRING Destination, PCWSTR Source);
    NTSTATUS (*RtlAppendUnicodeStringToString)(PUNICODE_STRING Destination, PCUNICODE_STRING Source);
    VOID (*RtlFreeUnicodeString)(PUNICODE_STRING UnicodeString);
    VOID (*RtlFreeAnsiString)(PANSI_STRING AnsiString);
    NTSTATUS (*RtlAnsiStringToUnicodeString)(PUNICODE_STRING DestinationString, PCANSI_STRING SourceString, BOOLEAN AllocateDestinationString);
    NTSTATUS (*RtlUnicodeStringToAnsiString)(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString, BOOLEAN AllocateDestinationString);
    NTSTATUS (*RtlIntegerToUnicodeString)(ULONG Value, ULONG Base, PUNICODE_STRING String);
    NTSTATUS (*RtlUnicodeStringToInteger)(PCUNICODE_STRING String, ULONG Base, PULONG Value);
    ULONG (*RtlRandomEx)(PULONG Seed);
    NTSTATUS (*RtlGetVersion)(PRTL_OSVERSIONINFOW VersionInformation);
    VOID (*KeBugCheck)(ULONG BugCheckCode);
    VOID (*KeBugCheckEx)(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1, ULONG_PTR BugCheckParameter2, ULONG_PTR BugCheckParameter3, ULONG_PTR BugCheckParameter4);
    NTSTATUS (*ProbeForRead)(const volatile VOID *Address, SIZE_T Length, ULONG Alignment);
    NTSTATUS (*ProbeForWrite)(volatile VOID *Address, SIZE_T Length, ULONG Alignment);
    VOID (*KeQuerySystemTime)(PLARGE_INTEGER CurrentTime);
    VOID (*KeQuerySystemTimePrecise)(PLARGE_INTEGER CurrentTime);
    ULONGLONG (*KeQueryInterruptTime)(VOID);
    VOID (*KeQueryTickCount)(PLARGE_INTEGER CurrentCount);
    ULONG (*KeQueryTimeIncrement)(VOID);
    LARGE_INTEGER (*KeQueryPerformanceCounter)(PLARGE_INTEGER PerformanceFrequency);
    VOID (*KeStallExecutionProcessor)(ULONG MicroSeconds);
    ULONG (*KeQueryActiveProcessorCount)(PKAFFINITY ActiveProcessors);
    ULONG (*KeQueryActiveProcessorCountEx)(USHORT GroupNumber);
    ULONG (*KeGetCurrentProcessorNumberEx)(PPROCESSOR_NUMBER ProcNumber);
    VOID (*KeInitializeTimer)(PKTIMER Timer);
    VOID (*KeInitializeTimerEx)(PKTIMER Timer, TIMER_TYPE Type);
    BOOLEAN (*KeSetTimer)(PKTIMER Timer, LARGE_INTEGER DueTime, PKDPC Dpc);
    BOOLEAN (*KeSetTimerEx)(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc);
    BOOLEAN (*KeSetCoalescableTimer)(PKTIMER Timer, LARGE_INTEGER DueTime, ULONG Period, ULONG TolerableDelay, PKDPC Dpc);
    BOOLEAN (*KeCancelTimer)(PKTIMER Timer);
    BOOLEAN (*KeReadStateTimer)(PKTIMER Timer);
    VOID (*KeInitializeDpc)(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine, PVOID DeferredContext);
    BOOLEAN (*KeInsertQueueDpc)(PRKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2);
    BOOLEAN (*KeRemoveQueueDpc)(PRKDPC Dpc);
    VOID (*KeFlushQueuedDpcs)(VOID);
    PIO_WORKITEM (*IoAllocateWorkItem)(PDEVICE_OBJECT DeviceObject);
    VOID (*IoFreeWorkItem)(PIO_WORKITEM IoWorkItem);
    VOID (*IoQueueWorkItem)(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE WorkerRoutine, WORK_QUEUE_TYPE QueueType, PVOID Context);
    VOID (*IoQueueWorkItemEx)(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine, WORK_QUEUE_TYPE QueueType, PVOID Context);
    VOID (*IoInitializeWorkItem)(PVOID IoObject, PIO_WORKITEM IoWorkItem);
    VOID (*IoUninitializeWorkItem)(PIO_WORKITEM IoWorkItem);
    ULONG (*IoSizeofWorkItem)(VOID);
    VOID (*ExQueueWorkItem)(PWORK_QUEUE_ITEM WorkItem, WORK_QUEUE_TYPE QueueType);
    NTSTATUS (*IoCreateDevice)(PDRIVER_OBJECT DriverObject, ULONG DeviceExtensionSize, PUNICODE_STRING DeviceName, DEVICE_TYPE DeviceType, ULONG DeviceCharacteristics, BOOLEAN Exclusive, PDEVICE_OBJECT *DeviceObject);
    VOID (*IoDeleteDevice)(PDEVICE_OBJECT DeviceObject);
    NTSTATUS (*IoCreateSymbolicLink)(PUNICODE_STRING SymbolicLinkName, PUNICODE_STRING DeviceName);
    NTSTATUS (*IoDeleteSymbolicLink)(PUNICODE_STRING SymbolicLinkName);
    NTSTATUS (*IoRegisterShutdownNotification)(PDEVICE_OBJECT DeviceObject);
    VOID (*IoUnregisterShutdownNotification)(PDEVICE_OBJECT DeviceObject);
    PGENERIC_MAPPING (*IoGetFileObjectGenericMapping)(VOID);
    VOID (*SeCaptureSubjectContext)(PSECURITY_SUBJECT_CONTEXT SubjectContext);
    VOID (*SeReleaseSubjectContext)(PSECURITY_SUBJECT_CONTEXT SubjectContext);
    NTSTATUS (*SeAssignSecurity)(PSECURITY_DESCRIPTOR ParentDescriptor, PSECURITY_DESCRIPTOR ExplicitDescriptor, PSECURITY_DESCRIPTOR *NewDescriptor, BOOLEAN IsDirectoryObject, PSECURITY_SUBJECT_CONTEXT SubjectContext, PGENERIC_MAPPING GenericMapping, POOL_TYPE PoolType);
    NTSTATUS (*SeDeassignSecurity)(PSECURITY_DESCRIPTOR *SecurityDescriptor);
    NTSTATUS (*BCryptOpenAlgorithmProvider)(BCRYPT_ALG_HANDLE *phAlgorithm, PCWSTR pszAlgId, PCWSTR pszImplementation, ULONG dwFlags);
    NTSTATUS (*BCryptCloseAlgorithmProvider)(BCRYPT_ALG_HANDLE hAlgorithm, ULONG dwFlags);
    NTSTATUS (*BCryptGetProperty)(BCRYPT_HANDLE hObject, PCWSTR pszProperty, PUCHAR pbOutput, ULONG cbOutput, ULONG *pcbResult, ULONG dwFlags);
    NTSTATUS (*BCryptCreateHash)(BCRYPT_ALG_HANDLE hAlgorithm, BCRYPT_HASH_HANDLE *phHash, PUCHAR pbHashObject, ULONG cbHashObject, PUCHAR pbSecret, ULONG cbSecret, ULONG dwFlags);
    NTSTATUS (*BCryptHashData)(BCRYPT_HASH_HANDLE hHash, PUCHAR pbInput, ULONG cbInput, ULONG dwFlags);
    NTSTATUS (*BCryptFinishHash)(BCRYPT_HASH_HANDLE hHash, PUCHAR pbOutput, ULONG cbOutput, ULONG dwFlags);
    NTSTATUS (*BCryptDestroyHash)(BCRYPT_HASH_HANDLE hHash);
    NTSTATUS (*BCryptGenRandom)(BCRYPT_ALG_HANDLE hAlgorithm, PUCHAR pbBuffer, ULONG cbBuffer, ULONG dwFlags);
    NTSTATUS (*WskRegister)(PWSK_CLIENT_NPI WskClientNpi, PWSK_REGISTRATION WskRegistration);
    VOID (*WskDeregister)(PWSK_REGISTRATION WskRegistration);
    NTSTATUS (*WskCaptureProviderNPI)(PWSK_REGISTRATION WskRegistration, ULONG WaitTimeout, PWSK_PROVIDER_NPI WskProviderNpi);
    VOID (*WskReleaseProviderNPI)(PWSK_REGISTRATION WskRegistration);
    NTSTATUS (*WskQueryProviderCharacteristics)(PWSK_REGISTRATION WskRegistration, PWSK_PROVIDER_CHARACTERISTICS WskProviderCharacteristics);
    VOID (*wsksim_print_text)(ULONG ComponentId, ULONG Level, PCSTR Text, SIZE_T Length);
    PVOID * (*wsksim_frames)(VOID);
    VOID (*wsksim_assertion_failed)(PCSTR Condition, PCSTR File, ULONG Line);
    VOID (*wsksim_paged_code)(PCSTR File, ULONG Line);
    NTSTATUS (*WskSocket)(PWSK_CLIENT Client, ADDRESS_FAMILY AddressFamily, USHORT SocketType, ULONG Protocol, ULONG Flags, PVOID SocketContext, const VOID *Dispatch, PEPROCESS OwningProcess, PETHREAD OwningThread, PSECURITY_DESCRIPTOR SecurityDescriptor, PIRP Irp);
    NTSTATUS (*WskSocketConnect)(PWSK_CLIENT Client, USHORT SocketType, ULONG Protocol, PSOCKADDR LocalAddress, PSOCKADDR RemoteAddress, ULONG Flags, PVOID SocketContext, const WSK_CLIENT_CONNECTION_DISPATCH *Dispatch, PEPROCESS OwningProcess, PETHREAD OwningThread, PSECURITY_DESCRIPTOR SecurityDescriptor, PIRP Irp);
    NTSTATUS (*WskControlClient)(PWSK_CLIENT Client, ULONG ControlCode, SIZE_T InputSize, PVOID InputBuffer, SIZE_T OutputSize, PVOID OutputBuffer, SIZE_T *OutputSizeReturned, PIRP Irp);
    NTSTATUS (*WskGetAddressInfo)(PWSK_CLIENT Client, PUNICODE_STRING NodeName, PUNICODE_STRING ServiceName, ULONG NameSpace, GUID *Provider, PADDRINFOEXW Hints, PADDRINFOEXW *Result, PEPROCESS OwningProcess, PETHREAD OwningThread, PIRP Irp);
    VOID (*WskFreeAddressInfo)(PWSK_CLIENT Client, PADDRINFOEXW AddrInfo);
    NTSTATUS (*WskGetNameInfo)(PWSK_CLIENT Client, PSOCKADDR SockAddr, ULONG SockAddrLength, PUNICODE_STRING NodeName, PUNICODE_STRING ServiceName, ULONG Flags, PEPROCESS OwningProcess, PETHREAD OwningThread, PIRP Irp);
    NTSTATUS (*WskControlSocket)(PWSK_SOCKET Socket, WSK_CONTROL_SOCKET_TYPE RequestType, ULONG ControlCode, ULONG Level, SIZE_T InputSize, PVOID InputBuffer, SIZE_T OutputSize, PVOID OutputBuffer, SIZE_T *OutputSizeReturned, PIRP Irp);
    NTSTATUS (*WskCloseSocket)(PWSK_SOCKET Socket, PIRP Irp);
    NTSTATUS (*WskBind)(PWSK_SOCKET Socket, PSOCKADDR LocalAddress, ULONG Flags, PIRP Irp);
    NTSTATUS (*WskListen)(PWSK_SOCKET ListenSocket, PIRP Irp);
    NTSTATUS (*WskConnect)(PWSK_SOCKET Socket, PSOCKADDR RemoteAddress, ULONG Flags, PIRP Irp);
    NTSTATUS (*WskConnectEx)(PWSK_SOCKET Socket, PSOCKADDR RemoteAddress, PWSK_BUF Buffer, ULONG Flags, PIRP Irp);
    NTSTATUS (*WskAccept)(PWSK_SOCKET ListenSocket, ULONG Flags, PVOID AcceptSocketContext, const WSK_CLIENT_CONNECTION_DISPATCH *AcceptSocketDispatch, PSOCKADDR LocalAddress, PSOCKADDR RemoteAddress, PIRP Irp);
    NTSTATUS (*WskInspectComplete)(PWSK_SOCKET ListenSocket, PWSK_INSPECT_ID InspectID, WSK_INSPECT_ACTION Action, PIRP Irp);
    NTSTATUS (*WskDisconnect)(PWSK_SOCKET Socket, PWSK_BUF Buffer, ULONG Flags, PIRP Irp);
    NTSTATUS (*WskGetLocalAddress)(PWSK_SOCKET Socket, PSOCKADDR LocalAddress, PIRP Irp);
    NTSTATUS (*WskGetRemoteAddress)(PWSK_SOCKET Socket, PSOCKADDR RemoteAddress, PIRP Irp);
    NTSTATUS (*WskSend)(PWSK_SOCKET Socket, PWSK_BUF Buffer, ULONG Flags, PIRP Irp);
    NTSTATUS (*WskReceive)(PWSK_SOCKET Socket, PWSK_BUF Buffer, ULONG Flags, PIRP Irp);
    NTSTATUS (*WskSendEx)(PWSK_SOCKET Socket, PWSK_BUF Buffer, ULONG Flags, ULONG ControlInfoLength, PCMSGHDR ControlInfo, PIRP Irp);
    NTSTATUS (*WskReceiveEx)(PWSK_SOCKET Socket, PWSK_BUF Buffer, ULONG Flags, PULONG ControlInfoLength, PCMSGHDR ControlInfo, PULONG ControlFlags, PIRP Irp);
    NTSTATUS (*WskRelease)(PWSK_SOCKET Socket, PWSK_DATA_INDICATION DataIndication);
    NTSTATUS (*WskSendTo)(PWSK_SOCKET Socket, PWSK_BUF Buffer, ULONG Flags, PSOCKADDR RemoteAddress, ULONG ControlInfoLength, PCMSGHDR ControlInfo, PIRP Irp);
    NTSTATUS (*WskSendMessages)(PWSK_SOCKET Socket, PWSK_BUF_LIST BufferList, ULONG Flags, PSOCKADDR RemoteAddress, ULONG ControlInfoLength, PCMSGHDR ControlInfo, PIRP Irp);
    NTSTATUS (*WskReceiveFrom)(PWSK_SOCKET Socket, PWSK_BUF Buffer, ULONG Flags, PSOCKADDR RemoteAddress, PULONG ControlInfoLength, PCMSGHDR ControlInfo, PULONG ControlFlags, PIRP Irp);
    PVOID Site;
    PVOID Frame;
    PVOID Provided[WSKSIM_PROVIDED_COUNT];
} WSKSIM_IMPORTS;

WSKSIM_ASSERT(sizeof(WSKSIM_IMPORTS) ==
                  (WSKSIM_IMPORT_COUNT + 2 * WSKSIM_PROVIDED_COUNT + 2) * sizeof(PVOID),
              "one pointer a function");

#endif /* WSKSIM_IMPORTS_H */
