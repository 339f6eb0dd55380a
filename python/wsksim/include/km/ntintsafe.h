/*
 * ntintsafe.h: arithmetic that says when it overflows. On failure the result is the type's highest value.
 */
#ifndef WSKSIM_NTINTSAFE_H
#define WSKSIM_NTINTSAFE_H

#include "wsksim/kernel.h"

#define WSKSIM_ARITHMETIC(Name, Type, Highest) \
    FORCEINLINE NTSTATUS Rtl##Name##Add(Type Augend, Type Addend, Type *Result) \
    { \
        if (!__builtin_add_overflow(Augend, Addend, Result)) { \
            return STATUS_SUCCESS; \
        } \
        *Result = Highest; \
        return STATUS_INTEGER_OVERFLOW; \
    } \
    FORCEINLINE NTSTATUS Rtl##Name##Sub(Type Minuend, Type Subtrahend, Type *Result) \
    { \
        if (!__builtin_sub_overflow(Minuend, Subtrahend, Result)) { \
            return STATUS_SUCCESS; \
        } \
        *Result = Highest; \
        return STATUS_INTEGER_OVERFLOW; \
    } \
    FORCEINLINE NTSTATUS Rtl##Name##Mult(Type Multiplicand, Type Multiplier, Type *Result) \
    { \
        if (!__builtin_mul_overflow(Multiplicand, Multiplier, Result)) { \
            return STATUS_SUCCESS; \
        } \
        *Result = Highest; \
        return STATUS_INTEGER_OVERFLOW; \
    }

WSKSIM_ARITHMETIC(UShort, USHORT, MAXUSHORT)
WSKSIM_ARITHMETIC(UInt, UINT, MAXULONG)
WSKSIM_ARITHMETIC(ULong, ULONG, MAXULONG)
WSKSIM_ARITHMETIC(Int, INT, MAXLONG)
WSKSIM_ARITHMETIC(Long, LONG, MAXLONG)
WSKSIM_ARITHMETIC(ULongLong, ULONGLONG, ~(ULONGLONG)0)
WSKSIM_ARITHMETIC(LongLong, LONGLONG, (LONGLONG)(~(ULONGLONG)0 >> 1))
WSKSIM_ARITHMETIC(ULongPtr, ULONG_PTR, ~(ULONG_PTR)0)
WSKSIM_ARITHMETIC(SizeT, SIZE_T, ~(SIZE_T)0)

#define WSKSIM_CONVERSION(Name, From, To, Highest) \
    FORCEINLINE NTSTATUS Rtl##Name(From Operand, To *Result) \
    { \
        if (!__builtin_add_overflow(Operand, (From)0, Result)) { \
            return STATUS_SUCCESS; \
        } \
        *Result = Highest; \
        return STATUS_INTEGER_OVERFLOW; \
    }

WSKSIM_CONVERSION(UShortToUChar, USHORT, UCHAR, MAXUCHAR)
WSKSIM_CONVERSION(ULongToUChar, ULONG, UCHAR, MAXUCHAR)
WSKSIM_CONVERSION(ULongToUShort, ULONG, USHORT, MAXUSHORT)
WSKSIM_CONVERSION(ULongToLong, ULONG, LONG, MAXLONG)
WSKSIM_CONVERSION(ULongToInt, ULONG, INT, MAXLONG)
WSKSIM_CONVERSION(LongToULong, LONG, ULONG, MAXULONG)
WSKSIM_CONVERSION(LongToUShort, LONG, USHORT, MAXUSHORT)
WSKSIM_CONVERSION(IntToUShort, INT, USHORT, MAXUSHORT)
WSKSIM_CONVERSION(IntToULong, INT, ULONG, MAXULONG)
WSKSIM_CONVERSION(ULongLongToULong, ULONGLONG, ULONG, MAXULONG)
WSKSIM_CONVERSION(ULongLongToUShort, ULONGLONG, USHORT, MAXUSHORT)
WSKSIM_CONVERSION(ULongLongToLong, ULONGLONG, LONG, MAXLONG)
WSKSIM_CONVERSION(LongLongToULong, LONGLONG, ULONG, MAXULONG)
WSKSIM_CONVERSION(ULongPtrToULong, ULONG_PTR, ULONG, MAXULONG)
WSKSIM_CONVERSION(SizeTToULong, SIZE_T, ULONG, MAXULONG)
WSKSIM_CONVERSION(SizeTToUShort, SIZE_T, USHORT, MAXUSHORT)
WSKSIM_CONVERSION(SizeTToLong, SIZE_T, LONG, MAXLONG)

#define RtlDWordAdd RtlULongAdd
#define RtlDWordSub RtlULongSub
#define RtlDWordMult RtlULongMult
#define RtlUInt16Add RtlUShortAdd
#define RtlUInt32Add RtlUIntAdd
#define RtlUInt64Add RtlULongLongAdd

#endif /* WSKSIM_NTINTSAFE_H */
