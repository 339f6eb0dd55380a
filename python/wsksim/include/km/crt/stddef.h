/* stddef.h for drivers: sizes as the compiler has them, wchar_t of 16 bits. */
#ifndef WSKSIM_STDDEF_H
#define WSKSIM_STDDEF_H
typedef __SIZE_TYPE__ size_t;
typedef __PTRDIFF_TYPE__ ptrdiff_t;
#ifndef __cplusplus
typedef __WCHAR_TYPE__ wchar_t;
#endif
#ifdef __cplusplus
#define NULL __null
#else
#define NULL ((void *)0)
#endif
#define offsetof(Type, Field) __builtin_offsetof(Type, Field)
#ifdef __cplusplus
namespace std { typedef decltype(nullptr) nullptr_t; using ::size_t; using ::ptrdiff_t; }
#endif
#endif
