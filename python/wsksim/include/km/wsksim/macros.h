/*
 * macros.h: macros of the kernel's headers, and the functions that are inline there.
 */
#ifndef WSKSIM_MACROS_H
#define WSKSIM_MACROS_H

#include "structures.h"
#include "statuses.h"
#include "functions.h"

#include <string.h>

#define NT_SUCCESS(Status) (((NTSTATUS)(Status)) >= 0)
#define NT_INFORMATION(Status) ((((ULONG)(Status)) >> 30) == 1)
#define NT_WARNING(Status) ((((ULONG)(Status)) >> 30) == 2)
#define NT_ERROR(Status) ((((ULONG)(Status)) >> 30) == 3)

#define NTSTATUS_FROM_WIN32(Error) \
    ((NTSTATUS)(Error) <= 0 ? (NTSTATUS)(Error) : (NTSTATUS)(((ULONG)(Error) & 0xffff) | 0xC0070000))

#define UNREFERENCED_PARAMETER(P) ((void)(P))
#define DBG_UNREFERENCED_PARAMETER(P) ((void)(P))
#define DBG_UNREFERENCED_LOCAL_VARIABLE(V) ((void)(V))
#define ARRAYSIZE(Array) (sizeof(Array) / sizeof((Array)[0]))
#define RTL_NUMBER_OF(Array) ARRAYSIZE(Array)
#define _countof(Array) ARRAYSIZE(Array)
#define FIELD_OFFSET(Type, Field) ((LONG)offsetof(Type, Field))
#define UFIELD_OFFSET(Type, Field) ((ULONG)offsetof(Type, Field))
#define RTL_FIELD_SIZE(Type, Field) (sizeof(((Type *)0)->Field))
#define RTL_SIZEOF_THROUGH_FIELD(Type, Field) (offsetof(Type, Field) + RTL_FIELD_SIZE(Type, Field))
#define CONTAINING_RECORD(Address, Type, Field) ((Type *)((PCHAR)(Address) - offsetof(Type, Field)))
#define C_ASSERT(Condition) WSKSIM_ASSERT(Condition, #Condition)
#ifndef __cplusplus
#define min(A, B) (((A) < (B)) ? (A) : (B))
#define max(A, B) (((A) > (B)) ? (A) : (B))
#endif

/* A failed assertion ends the run as a bug check, also in builds without DBG: a run is a test. */
#define NT_ASSERT(Condition) ((Condition) ? (void)0 : wsksim_assertion_failed(#Condition, __FILE__, __LINE__))
#define NT_ASSERTMSG(Text, Condition) NT_ASSERT(Condition)
#define NT_VERIFY(Condition) NT_ASSERT(Condition)
#define NT_FRE_ASSERT(Condition) NT_ASSERT(Condition)
#ifndef ASSERT
#define ASSERT(Condition) NT_ASSERT(Condition)
#endif
#define ASSERTMSG(Text, Condition) NT_ASSERT(Condition)
#define RTL_ASSERT(Condition) NT_ASSERT(Condition)
#define PAGED_CODE() wsksim_paged_code(__FILE__, __LINE__)
#define PAGED_CODE_LOCKED() ((void)0)
#define DbgBreakPoint() __debugbreak()
#define KdBreakPoint() __debugbreak()

#define BYTES_TO_PAGES(Size) (((Size) >> PAGE_SHIFT) + (((Size) & (PAGE_SIZE - 1)) != 0))
#define ROUND_TO_PAGES(Size) (((ULONG_PTR)(Size) + PAGE_SIZE - 1) & ~(ULONG_PTR)(PAGE_SIZE - 1))
#define BYTE_OFFSET(Va) ((ULONG)((ULONG_PTR)(Va) & (PAGE_SIZE - 1)))
#define PAGE_ALIGN(Va) ((PVOID)((ULONG_PTR)(Va) & ~(ULONG_PTR)(PAGE_SIZE - 1)))
#define ADDRESS_AND_SIZE_TO_SPAN_PAGES(Va, Size) \
    ((ULONG)((((ULONG_PTR)(Va) & (PAGE_SIZE - 1)) + (Size) + PAGE_SIZE - 1) >> PAGE_SHIFT))
#define ALIGN_DOWN_BY(Length, Alignment) ((ULONG_PTR)(Length) & ~((ULONG_PTR)(Alignment) - 1))
#define ALIGN_UP_BY(Length, Alignment) ALIGN_DOWN_BY((ULONG_PTR)(Length) + (Alignment) - 1, Alignment)
#define Add2Ptr(Pointer, Count) ((PVOID)((PUCHAR)(Pointer) + (Count)))
#define MAKEULONG(Low, High) ((ULONG)((USHORT)(Low) | (ULONG)(USHORT)(High) << 16))
#define LOWORD(Value) ((WORD)(ULONG_PTR)(Value))
#define HIWORD(Value) ((WORD)((ULONG_PTR)(Value) >> 16))
#define LOBYTE(Value) ((BYTE)(ULONG_PTR)(Value))
#define HIBYTE(Value) ((BYTE)((ULONG_PTR)(Value) >> 8))
#define PtrToUlong(Pointer) ((ULONG)(ULONG_PTR)(Pointer))
#define UlongToPtr(Value) ((PVOID)(ULONG_PTR)(ULONG)(Value))
#define HandleToUlong(Handle) ((ULONG)(ULONG_PTR)(Handle))
#define UlongToHandle(Value) ((HANDLE)(ULONG_PTR)(ULONG)(Value))
#define PtrToUint PtrToUlong
#define UintToPtr UlongToPtr
#define INVALID_HANDLE_VALUE ((HANDLE)(LONG_PTR)-1)
#define NtCurrentProcess() ((HANDLE)(LONG_PTR)-1)
#define ZwCurrentProcess() NtCurrentProcess()
#define NtCurrentThread() ((HANDLE)(LONG_PTR)-2)
#define ZwCurrentThread() NtCurrentThread()

#define RtlZeroMemory(Destination, Length) memset((Destination), 0, (Length))
#define RtlFillMemory(Destination, Length, Fill) memset((Destination), (Fill), (Length))
#define RtlCopyMemory(Destination, Source, Length) memcpy((Destination), (Source), (Length))
#define RtlMoveMemory(Destination, Source, Length) memmove((Destination), (Source), (Length))
#define RtlEqualMemory(One, Other, Length) (memcmp((One), (Other), (Length)) == 0)
#define RtlCopyBytes RtlCopyMemory
#define RtlZeroBytes RtlZeroMemory
#define ZeroMemory RtlZeroMemory
#define CopyMemory RtlCopyMemory
#define MoveMemory RtlMoveMemory

#define RTL_CONSTANT_STRING(Text) {sizeof(Text) - sizeof((Text)[0]), sizeof(Text), (Text)}
#define DECLARE_CONST_UNICODE_STRING(Name, Text) \
    static WCHAR Name##_buffer[] = Text; \
    const UNICODE_STRING Name = {sizeof(Text) - sizeof(WCHAR), sizeof(Text), Name##_buffer}
#define DECLARE_UNICODE_STRING_SIZE(Name, Count) \
    WCHAR Name##_buffer[Count]; \
    UNICODE_STRING Name = {0, (Count) * sizeof(WCHAR), Name##_buffer}
#define UNICODE_NULL ((WCHAR)0)
#define ANSI_NULL ((CHAR)0)
#define RTL_RUN_ONCE_INIT {0}

#define InitializeObjectAttributes(P, N, A, R, S) \
    ((P)->Length = sizeof(OBJECT_ATTRIBUTES), (P)->RootDirectory = (R), (P)->Attributes = (A), (P)->ObjectName = (N), \
     (P)->SecurityDescriptor = (S), (P)->SecurityQualityOfService = NULL)
#define CTL_CODE(DeviceType, Function, Method, Access) \
    (((DeviceType) << 16) | ((Access) << 14) | ((Function) << 2) | (Method))

#define MmGetMdlVirtualAddress(Mdl) ((PVOID)((PCHAR)(Mdl)->StartVa + (Mdl)->ByteOffset))
#define MmGetMdlByteCount(Mdl) ((Mdl)->ByteCount)
#define MmGetMdlByteOffset(Mdl) ((Mdl)->ByteOffset)
#define MmGetSystemAddressForMdlSafe(Mdl, Priority) \
    (((Mdl)->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) ? (Mdl)->MappedSystemVa : \
     MmMapLockedPagesSpecifyCache((Mdl), KernelMode, MmCached, NULL, FALSE, (Priority)))
#define MmGetSystemAddressForMdl(Mdl) MmGetSystemAddressForMdlSafe(Mdl, HighPagePriority)
#define MmInitializeMdl(Mdl, BaseVa, Count) \
    ((Mdl)->Next = NULL, \
     (Mdl)->Size = (CSHORT)(sizeof(MDL) + sizeof(PFN_NUMBER) * ADDRESS_AND_SIZE_TO_SPAN_PAGES((BaseVa), (Count))), \
     (Mdl)->MdlFlags = 0, (Mdl)->StartVa = PAGE_ALIGN(BaseVa), (Mdl)->ByteOffset = BYTE_OFFSET(BaseVa), \
     (Mdl)->ByteCount = (ULONG)(Count))
#define MmPrepareMdlForReuse(Mdl) \
    (((Mdl)->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED) ? MmUnmapLockedPages((Mdl)->MappedSystemVa, (Mdl)) : (void)0)

#define IoSizeOfIrp(StackSize) ((USHORT)(sizeof(IRP) + (StackSize) * sizeof(IO_STACK_LOCATION)))
/* What a completion routine returns that lets the completion go on. */
#define STATUS_CONTINUE_COMPLETION STATUS_SUCCESS
#define IoCallDriver(DeviceObject, Irp) IofCallDriver((DeviceObject), (Irp))
#define IoSetCancelRoutine(Irp, Routine) \
    ((PDRIVER_CANCEL)(ULONG_PTR)InterlockedExchangePointer((PVOID *)&(Irp)->CancelRoutine, (PVOID)(ULONG_PTR)(Routine)))
#define ExInitializeWorkItem(Item, Routine, Context) \
    ((Item)->WorkerRoutine = (Routine), (Item)->Parameter = (Context), (Item)->List.Flink = NULL)
#define ObReferenceObject(Object) ((void)ObfReferenceObject(Object))
#define ObDereferenceObject(Object) ((void)ObfDereferenceObject(Object))
#define PsGetCurrentThread() ((PETHREAD)KeGetCurrentThread())
#define PsGetCurrentProcess() IoGetCurrentProcess()
#define ExInterlockedPushEntrySList(Head, Entry, Lock) ((void)(Lock), InterlockedPushEntrySList((Head), (Entry)))
#define ExInterlockedPopEntrySList(Head, Lock) ((void)(Lock), InterlockedPopEntrySList(Head))
#define ExInitializeSListHead InitializeSListHead
#define FirstEntrySList(Head) ((PSLIST_ENTRY)((Head)->Region & ~(ULONGLONG)15))
#define ExAcquirePushLockExclusive(Lock) ExAcquirePushLockExclusiveEx((Lock), 0)
#define ExAcquirePushLockShared(Lock) ExAcquirePushLockSharedEx((Lock), 0)
#define ExReleasePushLockExclusive(Lock) ExReleasePushLockExclusiveEx((Lock), 0)
#define ExReleasePushLockShared(Lock) ExReleasePushLockSharedEx((Lock), 0)
#define KeInitializeGuardedMutex ExInitializeFastMutex
#define KeAcquireGuardedMutex ExAcquireFastMutex
#define KeReleaseGuardedMutex ExReleaseFastMutex
#define POOL_ZERO_DOWN_LEVEL_SUPPORT 1
#define ExInitializeDriverRuntime(Flags) ((void)(Flags))
#define DrvRtPoolNxOptIn 1

#define KdPrint(Arguments) ((void)(DbgPrint Arguments))
#define KdPrintEx(Arguments) ((void)(DbgPrintEx Arguments))
#define vDbgPrintExWithPrefix(Prefix, ComponentId, Level, Format, List) vDbgPrintEx((ComponentId), (Level), (Format), (List))

#ifndef __cplusplus
/* Drivers hand over functions whose parameters have other types. */
#define IoSetCompletionRoutine(Irp, Routine, Context, OnSuccess, OnError, OnCancel) \
    (IoSetCompletionRoutine)((Irp), (PIO_COMPLETION_ROUTINE)(PVOID)(Routine), (Context), (OnSuccess), (OnError), (OnCancel))
#define IoSetCompletionRoutineEx(Device, Irp, Routine, Context, OnSuccess, OnError, OnCancel) \
    (IoSetCompletionRoutineEx)((Device), (Irp), (PIO_COMPLETION_ROUTINE)(PVOID)(Routine), (Context), (OnSuccess), \
                               (OnError), (OnCancel))
#define PsCreateSystemThread(Handle, Access, Attributes, Process, ClientId, Routine, Context) \
    (PsCreateSystemThread)((Handle), (Access), (Attributes), (Process), (ClientId), \
                           (PKSTART_ROUTINE)(PVOID)(Routine), (Context))
#define IoQueueWorkItem(Item, Routine, Type, Context) \
    (IoQueueWorkItem)((Item), (PIO_WORKITEM_ROUTINE)(PVOID)(Routine), (Type), (Context))
#define IoQueueWorkItemEx(Item, Routine, Type, Context) \
    (IoQueueWorkItemEx)((Item), (PIO_WORKITEM_ROUTINE_EX)(PVOID)(Routine), (Type), (Context))
#define ObReferenceObjectByHandle(Handle, Access, Type, Mode, Object, Information) \
    (ObReferenceObjectByHandle)((Handle), (Access), (Type), (Mode), (PVOID *)(Object), (Information))
#endif

#endif /* WSKSIM_MACROS_H */
