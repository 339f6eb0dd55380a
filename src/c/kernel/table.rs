//! Table: which function of ours is behind each place of the table of imports.

use crate::c::kernel::imports::{KERNEL, PROVIDED, kind, missing, place};
use crate::c::kernel::{
    events, handles, irps, levels, locks, mdls, pool, print, strings, time, timers, waits,
    wsk_clients, wsk_controls, wsk_names, wsk_sockets,
};

/// Fills the places of these functions, whose types the compiler compares with those of the headers.
macro_rules! simulated {
    ($($name:ident $function:path)*) => {
        /// The addresses of the functions; where one is not simulated, of what says so.
        pub(crate) fn table() -> [usize; KERNEL + PROVIDED] {
            let mut table = missing();
            $(
                let function: kind::$name = $function;
                table[place::$name] = function as usize;
            )*
            table
        }

    };
}

simulated! {
    IoAllocateIrp irps::allocate
    IoFreeIrp irps::free
    IoReuseIrp irps::reuse
    IoSetCompletionRoutine irps::set_completion_routine
    IoSetCompletionRoutineEx irps::set_completion_routine_ex
    IoCancelIrp irps::cancel
    IoInitializeIrp irps::initialize
    IoGetCurrentProcess levels::current_process
    IoAllocateMdl mdls::allocate
    IoFreeMdl mdls::free
    IoBuildPartialMdl mdls::build_partial
    MmBuildMdlForNonPagedPool mdls::build_nonpaged
    MmProbeAndLockPages mdls::probe_and_lock
    MmUnlockPages mdls::unlock
    MmMapLockedPagesSpecifyCache mdls::map
    MmUnmapLockedPages mdls::unmap
    MmSizeOfMdl mdls::size_of
    KeInitializeEvent events::initialize_event
    KeSetEvent events::set_event
    KeClearEvent events::clear_event
    KeResetEvent events::reset_event
    KeReadStateEvent events::read_event
    KeInitializeSemaphore events::initialize_semaphore
    KeReleaseSemaphore events::release_semaphore
    KeReadStateSemaphore events::read_semaphore
    KeWaitForSingleObject waits::wait_single
    KeWaitForMultipleObjects waits::wait_multiple
    KeDelayExecutionThread waits::delay
    KeInitializeSpinLock locks::initialize
    KeAcquireSpinLock locks::acquire
    KeAcquireSpinLockRaiseToDpc locks::acquire_raise
    KeReleaseSpinLock locks::release
    KeAcquireSpinLockAtDpcLevel locks::acquire_at_dpc
    KeReleaseSpinLockFromDpcLevel locks::release_from_dpc
    KeTryToAcquireSpinLockAtDpcLevel locks::try_acquire
    KeAcquireInStackQueuedSpinLock locks::acquire_queued
    KeReleaseInStackQueuedSpinLock locks::release_queued
    KeAcquireInStackQueuedSpinLockAtDpcLevel locks::acquire_queued_at_dpc
    KeReleaseInStackQueuedSpinLockFromDpcLevel locks::release_queued_from_dpc
    KeGetCurrentIrql levels::current
    KeRaiseIrql levels::raise
    KeLowerIrql levels::lower
    KeGetCurrentThread levels::current_thread
    PsGetCurrentProcessId levels::current_process_id
    PsGetCurrentThreadId levels::current_thread_id
    KeSetPriorityThread levels::set_priority
    KeSetBasePriorityThread levels::set_base_priority
    KeEnterCriticalRegion levels::enter_region
    KeLeaveCriticalRegion levels::leave_region
    PsCreateSystemThread handles::create_thread
    PsTerminateSystemThread handles::terminate_thread
    ObReferenceObjectByHandle handles::reference_by_handle
    ObfReferenceObject handles::reference
    ObfDereferenceObject handles::dereference
    ZwClose handles::close
    ZwWaitForSingleObject handles::wait_handle
    ExAllocatePool pool::allocate
    ExAllocatePoolWithTag pool::allocate_tagged
    ExAllocatePoolWithQuotaTag pool::allocate_quota
    ExAllocatePoolZero pool::allocate_zero
    ExAllocatePoolUninitialized pool::allocate_fresh
    ExAllocatePool2 pool::allocate_2
    ExFreePool pool::free
    ExFreePoolWithTag pool::free_tagged
    ExFreePool2 pool::free_2
    RtlInitUnicodeString strings::init_unicode
    RtlInitAnsiString strings::init_ansi
    RtlInitString strings::init_string
    RtlCopyUnicodeString strings::copy_unicode
    RtlCompareUnicodeString strings::compare_unicode
    RtlEqualUnicodeString strings::equal_unicode
    RtlAppendUnicodeToString strings::append_text
    RtlAppendUnicodeStringToString strings::append_unicode
    RtlFreeUnicodeString strings::free_unicode
    RtlFreeAnsiString strings::free_ansi
    RtlAnsiStringToUnicodeString strings::ansi_to_unicode
    RtlUnicodeStringToAnsiString strings::unicode_to_ansi
    RtlIntegerToUnicodeString strings::integer_to_unicode
    RtlUnicodeStringToInteger strings::unicode_to_integer
    KeBugCheck print::bug_check
    KeBugCheckEx print::bug_check_ex
    KeQuerySystemTime time::query_system_time
    KeQuerySystemTimePrecise time::query_system_time_precise
    KeQueryInterruptTime time::query_interrupt_time
    KeQueryTickCount time::query_tick_count
    KeQueryTimeIncrement time::query_time_increment
    KeQueryPerformanceCounter time::query_performance_counter
    KeStallExecutionProcessor time::stall
    KeInitializeTimer timers::initialize
    KeInitializeTimerEx timers::initialize_ex
    KeSetTimer timers::set
    KeSetTimerEx timers::set_ex
    KeCancelTimer timers::cancel
    KeReadStateTimer timers::read_state
    KeInitializeDpc timers::initialize_dpc
    WskRegister wsk_clients::register
    WskDeregister wsk_clients::deregister
    WskCaptureProviderNPI wsk_clients::capture
    WskReleaseProviderNPI wsk_clients::release
    WskQueryProviderCharacteristics wsk_clients::query
    wsksim_print_text print::print
    wsksim_frames levels::frames
    wsksim_assertion_failed print::assertion_failed
    wsksim_paged_code levels::paged_code
    WskSocket wsk_clients::socket
    WskSocketConnect wsk_clients::socket_connect
    WskControlClient wsk_controls::control_client
    WskGetAddressInfo wsk_names::address_info
    WskFreeAddressInfo wsk_names::free_address_info
    WskGetNameInfo wsk_names::name_info
    WskControlSocket wsk_controls::control_socket
    WskCloseSocket wsk_sockets::close
    WskBind wsk_sockets::bind
    WskListen wsk_sockets::listen
    WskConnect wsk_sockets::connect
    WskConnectEx wsk_sockets::connect_ex
    WskAccept wsk_sockets::accept
    WskInspectComplete wsk_sockets::inspect_complete
    WskDisconnect wsk_sockets::disconnect
    WskGetLocalAddress wsk_sockets::local_address
    WskGetRemoteAddress wsk_sockets::remote_address
    WskSend wsk_sockets::send
    WskReceive wsk_sockets::receive
    WskSendEx wsk_sockets::send_ex
    WskReceiveEx wsk_sockets::receive_ex
    WskRelease wsk_sockets::release
    WskSendTo wsk_sockets::send_to
    WskSendMessages wsk_sockets::send_messages
    WskReceiveFrom wsk_sockets::receive_from
}
