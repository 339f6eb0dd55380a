/*
 * compiler.h: what the compilers that build drivers here do not know of Microsoft's language.
 *
 * With clang-cl and MSVC nothing of it is needed, so nothing is defined there.
 */
#ifndef WSKSIM_COMPILER_H
#define WSKSIM_COMPILER_H

#ifdef __cplusplus
#define WSKSIM_BEGIN extern "C" {
#define WSKSIM_END }
#define EXTERN_C extern "C"
#define WSKSIM_ASSERT(Condition, Text) static_assert(Condition, Text)
#else
#define WSKSIM_BEGIN
#define WSKSIM_END
#define EXTERN_C extern
#define WSKSIM_ASSERT(Condition, Text) _Static_assert(Condition, Text)
#endif

#ifndef _MSC_VER

#ifndef _WIN32
#define _WIN32 1
#endif
#ifndef _WIN64
#define _WIN64 1
#endif

#if defined(__aarch64__)
#ifndef _ARM64_
#define _ARM64_ 1
#define _M_ARM64 1
#endif
#else
#ifndef _AMD64_
#define _AMD64_ 1
#endif
#ifndef _M_AMD64
#define _M_AMD64 100
#define _M_X64 100
#endif
#endif

/* Calling conventions: there is one. clang knows the words, and warns that they mean nothing. */
#define __cdecl
#define __stdcall
#define __fastcall
#define __vectorcall
#define __ptr64
#define __unaligned
#define __w64

#define __int8 char
#define __int16 short
#define __int32 int
#define __int64 long /* the type of LONG64, see types.h */
#define __forceinline inline __attribute__((always_inline))

/* Each attribute by its own name, for those of gcc are spelled otherwise. */
#define __declspec(Attribute) WSKSIM_DECLSPEC_##Attribute
#define WSKSIM_DECLSPEC_align(Count) __attribute__((aligned(Count)))
#define WSKSIM_DECLSPEC_allocate(Section)
#define WSKSIM_DECLSPEC_code_seg(Section)
#define WSKSIM_DECLSPEC_deprecated __attribute__((deprecated))
#define WSKSIM_DECLSPEC_dllexport
#define WSKSIM_DECLSPEC_dllimport
#define WSKSIM_DECLSPEC_guard(Kind)
#define WSKSIM_DECLSPEC_noalias
#define WSKSIM_DECLSPEC_noinline __attribute__((noinline))
#define WSKSIM_DECLSPEC_noreturn __attribute__((noreturn))
#define WSKSIM_DECLSPEC_nothrow
#define WSKSIM_DECLSPEC_novtable
#define WSKSIM_DECLSPEC_restrict
#define WSKSIM_DECLSPEC_safebuffers
#define WSKSIM_DECLSPEC_selectany __attribute__((weak))
#define WSKSIM_DECLSPEC_thread __thread
#define WSKSIM_DECLSPEC_uuid(Text)

#define __assume(Condition) ((void)0)
#define __noop(...) ((void)0)
#define __debugbreak() __builtin_trap()
#define __annotation(...) ((void)0)
#ifndef __pragma
#define __pragma(Text)
#endif
#define __analysis_assume(Condition) ((void)0)
#define _ReadWriteBarrier() __asm__ __volatile__("" ::: "memory")
#define _ReadBarrier() __asm__ __volatile__("" ::: "memory")
#define _WriteBarrier() __asm__ __volatile__("" ::: "memory")
#define _ReturnAddress() __builtin_return_address(0)
#define _AddressOfReturnAddress() __builtin_frame_address(0)

#endif /* _MSC_VER */

#define FORCEINLINE static __forceinline
#define CFORCEINLINE FORCEINLINE
#define DECLSPEC_NORETURN __declspec(noreturn)
#define DECLSPEC_ALIGN(Count) __declspec(align(Count))
#define DECLSPEC_CACHEALIGN DECLSPEC_ALIGN(64)
#define DECLSPEC_IMPORT
#define DECLSPEC_SELECTANY __declspec(selectany)
#define DECLSPEC_NOINLINE __declspec(noinline)
#define NTAPI
#define NTSYSAPI
#define NTKERNELAPI
#define FASTCALL
#define CALLBACK
#define WSKAPI
#define CONST const
#define UNALIGNED
#define RESTRICTED_POINTER

/* What C++ alone can say; gcc and clang complain of an unnamed struct only with -pedantic. */
#define DUMMYUNIONNAME
#define DUMMYSTRUCTNAME

#endif /* WSKSIM_COMPILER_H */
