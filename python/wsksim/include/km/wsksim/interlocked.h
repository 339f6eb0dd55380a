/*
 * interlocked.h: atomic, and full barriers, as in Windows. They take whatever the pointer points at, so that a `long`
 * of the driver's own compiles too. Increment, Decrement and Add return the new value, all others the old one.
 */
#ifndef WSKSIM_INTERLOCKED_H
#define WSKSIM_INTERLOCKED_H

#include "types.h"

#ifdef _MSC_VER
#include <intrin.h>
#else

#define InterlockedIncrement(Addend) __sync_add_and_fetch((Addend), 1)
#define InterlockedDecrement(Addend) __sync_sub_and_fetch((Addend), 1)
#define InterlockedAdd(Addend, Value) __sync_add_and_fetch((Addend), (Value))
#define InterlockedExchange(Target, Value) __atomic_exchange_n((Target), (Value), __ATOMIC_SEQ_CST)
#define InterlockedExchangeAdd(Addend, Value) __sync_fetch_and_add((Addend), (Value))
#define InterlockedCompareExchange(Destination, Exchange, Comperand) \
    __sync_val_compare_and_swap((Destination), (Comperand), (Exchange))
#define InterlockedOr(Destination, Value) __sync_fetch_and_or((Destination), (Value))
#define InterlockedAnd(Destination, Value) __sync_fetch_and_and((Destination), (Value))
#define InterlockedXor(Destination, Value) __sync_fetch_and_xor((Destination), (Value))

#define InterlockedIncrement16 InterlockedIncrement
#define InterlockedDecrement16 InterlockedDecrement
#define InterlockedCompareExchange16 InterlockedCompareExchange
#define InterlockedIncrement64 InterlockedIncrement
#define InterlockedDecrement64 InterlockedDecrement
#define InterlockedAdd64 InterlockedAdd
#define InterlockedExchange64 InterlockedExchange
#define InterlockedExchangeAdd64 InterlockedExchangeAdd
#define InterlockedCompareExchange64 InterlockedCompareExchange
#define InterlockedOr8 InterlockedOr
#define InterlockedOr16 InterlockedOr
#define InterlockedOr64 InterlockedOr
#define InterlockedAnd8 InterlockedAnd
#define InterlockedAnd16 InterlockedAnd
#define InterlockedAnd64 InterlockedAnd
#define InterlockedXor64 InterlockedXor
#define InterlockedIncrementSizeT InterlockedIncrement
#define InterlockedDecrementSizeT InterlockedDecrement
#define InterlockedExchange8 InterlockedExchange
#define InterlockedExchange16 InterlockedExchange
#define InterlockedIncrementAcquire InterlockedIncrement
#define InterlockedIncrementRelease InterlockedIncrement
#define InterlockedDecrementAcquire InterlockedDecrement
#define InterlockedDecrementRelease InterlockedDecrement
#define InterlockedCompareExchangeAcquire InterlockedCompareExchange
#define InterlockedCompareExchangeRelease InterlockedCompareExchange
#define InterlockedIncrementNoFence InterlockedIncrement
#define InterlockedDecrementNoFence InterlockedDecrement
#define InterlockedExchangeNoFence InterlockedExchange
#define InterlockedCompareExchangeNoFence InterlockedCompareExchange

#define InterlockedExchangePointer(Target, Value) \
    ((PVOID)__atomic_exchange_n((PVOID volatile *)(Target), (PVOID)(Value), __ATOMIC_SEQ_CST))
#define InterlockedCompareExchangePointer(Destination, Exchange, Comperand) \
    ((PVOID)__sync_val_compare_and_swap((PVOID volatile *)(Destination), (PVOID)(Comperand), (PVOID)(Exchange)))

#define InterlockedBitTestAndSet(Base, Bit) \
    ((BOOLEAN)((__sync_fetch_and_or((Base), 1u << (Bit)) >> (Bit)) & 1))
#define InterlockedBitTestAndReset(Base, Bit) \
    ((BOOLEAN)((__sync_fetch_and_and((Base), ~(1u << (Bit))) >> (Bit)) & 1))

#define MemoryBarrier() __sync_synchronize()
#define KeMemoryBarrier() __sync_synchronize()
#define KeMemoryBarrierWithoutFence() _ReadWriteBarrier()
#define YieldProcessor() ((void)0)

#define ReadAcquire(Source) __atomic_load_n((Source), __ATOMIC_ACQUIRE)
#define ReadNoFence(Source) __atomic_load_n((Source), __ATOMIC_RELAXED)
#define ReadRaw ReadNoFence
#define ReadAcquire64 ReadAcquire
#define ReadNoFence64 ReadNoFence
#define ReadULongAcquire ReadAcquire
#define ReadULongNoFence ReadNoFence
#define ReadBooleanNoFence ReadNoFence
#define WriteRelease(Destination, Value) __atomic_store_n((Destination), (Value), __ATOMIC_RELEASE)
#define WriteNoFence(Destination, Value) __atomic_store_n((Destination), (Value), __ATOMIC_RELAXED)
#define WriteRaw WriteNoFence
#define WriteRelease64 WriteRelease
#define WriteNoFence64 WriteNoFence
#define WriteULongRelease WriteRelease
#define WriteULongNoFence WriteNoFence
#define WriteBooleanNoFence WriteNoFence
#define ReadPointerAcquire(Source) __atomic_load_n((PVOID const volatile *)(Source), __ATOMIC_ACQUIRE)
#define ReadPointerNoFence(Source) __atomic_load_n((PVOID const volatile *)(Source), __ATOMIC_RELAXED)
#define WritePointerRelease(Destination, Value) \
    __atomic_store_n((PVOID volatile *)(Destination), (PVOID)(Value), __ATOMIC_RELEASE)
#define WritePointerNoFence(Destination, Value) \
    __atomic_store_n((PVOID volatile *)(Destination), (PVOID)(Value), __ATOMIC_RELAXED)

#endif /* _MSC_VER */

#endif /* WSKSIM_INTERLOCKED_H */
