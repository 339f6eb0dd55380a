/* intrin.h for drivers: the atomic functions; see wsksim/interlocked.h. */
#ifndef WSKSIM_INTRIN_H
#define WSKSIM_INTRIN_H
#include "../wsksim/interlocked.h"
#define _InterlockedIncrement InterlockedIncrement
#define _InterlockedDecrement InterlockedDecrement
#define _InterlockedExchange InterlockedExchange
#define _InterlockedExchangeAdd InterlockedExchangeAdd
#define _InterlockedCompareExchange InterlockedCompareExchange
#define _InterlockedCompareExchange64 InterlockedCompareExchange
#define _InterlockedCompareExchangePointer InterlockedCompareExchangePointer
#define _InterlockedOr InterlockedOr
#define _InterlockedAnd InterlockedAnd
#define _mm_pause() ((void)0)
#endif
